/* Stands between a program and the C library, and counts the calls that touch files under one folder. At the
   n-th of them it ends the process, fails with an error of the system, writes short, or sends a signal.

   Loaded with LD_PRELOAD; does nothing until torture_arm() is called. A call counts when its kind is in `mask`
   and its path, or the descriptor it was opened as, lies under `root`. What the C library calls within itself
   (opendir, the reads of stdio) is not seen. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN_READ = 1, OPEN_WRITE = 2, WRITE = 4, TRUNCATE = 8, RENAME = 16, UNLINK = 32, MKDIR = 64,
       SYNC = 128, CLOSE = 256, LINK = 512, READ = 1024, CHMOD = 2048, STREAMS = 4096, MAP = 8192 };
enum { NOTHING, KILL_BEFORE, KILL_AFTER, KILL_HALF, FAIL, SHORT, SIGNAL };

struct shared { long calls; long fired; char name[32]; char path[480]; }; /* seen by the parent too */

static struct shared nobody, *shared = &nobody;
static struct { int armed, action, number, sticky; unsigned mask; long at; char root[PATH_MAX]; } plan;
static unsigned char tracked[65536]; /* descriptors under root: 1, opened for writing: 2 */

void torture_arm(struct shared *where, const char *root, unsigned mask, long at, int action, int number, int sticky) {
    memset(tracked, 0, sizeof tracked);
    strncpy(plan.root, root, sizeof plan.root - 1);
    plan.mask = mask; plan.at = at; plan.action = action; plan.number = number; plan.sticky = sticky;
    shared = where;
    memset(shared, 0, sizeof *shared);
    plan.armed = 1;
}

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }
#define REAL(name) static __typeof__(&name) next; if (!next) next = (__typeof__(&name))real(#name)

static int is_tracked(int fd) { return fd >= 0 && fd < (int)sizeof tracked && tracked[fd]; }

static int under(int at, const char *path) {
    char here[PATH_MAX];
    size_t n = strlen(plan.root);
    if (!path) return 0;
    if (path[0] != '/') {
        if (at != AT_FDCWD) return is_tracked(at);
        if (!getcwd(here, sizeof here)) return 0;
        path = here;
    }
    return !strncmp(path, plan.root, n) && (path[n] == '/' || !path[n]);
}

static void die(void) { syscall(SYS_kill, syscall(SYS_getpid), SIGKILL); for (;;) pause(); }

/* Counts a call, and says what is to be done with it. */
static int step(unsigned kind, const char *name, const char *path) {
    long n;
    if (!plan.armed || !(plan.mask & kind)) return NOTHING;
    n = __atomic_add_fetch(&shared->calls, 1, __ATOMIC_SEQ_CST);
    if (plan.action == NOTHING || (plan.sticky ? n < plan.at : n != plan.at)) return NOTHING;
    if (!shared->fired) {
        shared->fired = n;
        strncpy(shared->name, name, sizeof shared->name - 1);
        if (path) strncpy(shared->path, path, sizeof shared->path - 1);
    }
    if (plan.action == KILL_BEFORE) die();
    if (plan.action == SIGNAL) { syscall(SYS_kill, syscall(SYS_getpid), plan.number); return NOTHING; }
    return plan.action;
}

static const char *named(int fd, char *into) {
    char link[64];
    ssize_t n;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, into, PATH_MAX - 1);
    into[n > 0 ? n : 0] = 0;
    return into;
}

#define DO(call) do { __typeof__(call) done_; if (what == FAIL) { errno = plan.number; return -1; } done_ = (call); \
    if (what == KILL_AFTER || what == KILL_HALF) die(); return done_; } while (0)

/* --- opening --------------------------------------------------------------------------------------------- */

static int opened(int at, const char *path, int flags, mode_t mode, const char *name, int (*open_)(int, const char *, int, mode_t)) {
    int writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC), mine = plan.armed && under(at, path);
    int what = mine ? step(writes ? OPEN_WRITE : OPEN_READ, name, path) : NOTHING, fd;
    if (what == FAIL) { errno = plan.number; return -1; }
    fd = open_(at, path, flags, mode);
    if (what == KILL_AFTER || what == KILL_HALF) die();
    if (plan.armed && fd >= 0 && fd < (int)sizeof tracked) tracked[fd] = mine ? 1 + writes : 0;
    return fd;
}

static int openat_(int at, const char *path, int flags, mode_t mode) { REAL(openat64); return next(at, path, flags, mode); }

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list l; va_start(l, flags); mode = va_arg(l, mode_t); va_end(l); }
int open(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode, "open", openat_); }
int open64(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode, "open", openat_); }
int openat(int at, const char *path, int flags, ...) { MODE return opened(at, path, flags, mode, "openat", openat_); }
int openat64(int at, const char *path, int flags, ...) { MODE return opened(at, path, flags, mode, "openat", openat_); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode, "creat", openat_); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

static FILE *stream(const char *path, const char *how, FILE *(*next)(const char *, const char *)) {
    int writes = strpbrk(how, "wa+") != NULL, mine = plan.armed && under(AT_FDCWD, path);
    int what = mine ? step(writes ? OPEN_WRITE : OPEN_READ, "fopen", path) : NOTHING;
    FILE *file;
    if (what == FAIL) { errno = plan.number; return NULL; }
    file = next(path, how);
    if (what == KILL_AFTER || what == KILL_HALF) die();
    if (plan.armed && file && fileno(file) < (int)sizeof tracked) tracked[fileno(file)] = mine ? 1 + writes : 0;
    return file;
}
FILE *fopen(const char *path, const char *how) { REAL(fopen); return stream(path, how, next); }
FILE *fopen64(const char *path, const char *how) { REAL(fopen64); return stream(path, how, next); }

/* --- descriptors ----------------------------------------------------------------------------------------- */

static int on(int fd, unsigned kind, const char *name) {
    char path[PATH_MAX];
    if (!plan.armed) return NOTHING;
    if (!is_tracked(fd)) {
        if (kind != WRITE || fd < 1 || fd > 2) return NOTHING;
        kind = STREAMS;
    }
    return plan.mask & kind ? step(kind, name, named(fd, path)) : NOTHING;
}

ssize_t write(int fd, const void *data, size_t n) {
    int what = on(fd, WRITE, "write");
    REAL(write);
    if ((what == SHORT || what == KILL_HALF) && n > 1) {
        ssize_t done = next(fd, data, n / 2);
        if (what == KILL_HALF) die();
        return done;
    }
    DO(next(fd, data, n));
}
ssize_t pwrite64(int fd, const void *data, size_t n, off64_t where) { int what = on(fd, WRITE, "pwrite"); REAL(pwrite64); DO(next(fd, data, what == SHORT && n > 1 ? n / 2 : n, where)); }
ssize_t pwrite(int fd, const void *data, size_t n, off_t where) { return pwrite64(fd, data, n, where); }
ssize_t writev(int fd, const struct iovec *parts, int n) { int what = on(fd, WRITE, "writev"); REAL(writev); DO(next(fd, parts, what == SHORT && n > 1 ? 1 : n)); }
ssize_t sendfile64(int to, int from, off64_t *where, size_t n) { int what = on(to, WRITE, "sendfile"); REAL(sendfile64); DO(next(to, from, where, n)); }
ssize_t sendfile(int to, int from, off_t *where, size_t n) { return sendfile64(to, from, where, n); }
ssize_t copy_file_range(int from, off64_t *a, int to, off64_t *b, size_t n, unsigned flags) { int what = on(to, WRITE, "copy_file_range"); REAL(copy_file_range); DO(next(from, a, to, b, n, flags)); }
ssize_t read(int fd, void *data, size_t n) { int what = on(fd, READ, "read"); REAL(read); DO(next(fd, data, what == SHORT && n > 1 ? n / 2 : n)); }
ssize_t pread64(int fd, void *data, size_t n, off64_t where) { int what = on(fd, READ, "pread"); REAL(pread64); DO(next(fd, data, n, where)); }
ssize_t pread(int fd, void *data, size_t n, off_t where) { return pread64(fd, data, n, where); }
int ftruncate64(int fd, off64_t n) { int what = on(fd, TRUNCATE, "ftruncate"); REAL(ftruncate64); DO(next(fd, n)); }
int ftruncate(int fd, off_t n) { return ftruncate64(fd, n); }
int fallocate64(int fd, int mode, off64_t from, off64_t n) { int what = on(fd, TRUNCATE, "fallocate"); REAL(fallocate64); DO(next(fd, mode, from, n)); }
int fallocate(int fd, int mode, off_t from, off_t n) { return fallocate64(fd, mode, from, n); }
int posix_fallocate64(int fd, off64_t from, off64_t n) {
    int what = on(fd, TRUNCATE, "posix_fallocate");
    REAL(posix_fallocate64);
    if (what == FAIL) return plan.number; /* it returns its error */
    DO(next(fd, from, n));
}
int posix_fallocate(int fd, off_t from, off_t n) { return posix_fallocate64(fd, from, n); }
int fsync(int fd) { int what = on(fd, SYNC, "fsync"); REAL(fsync); DO(next(fd)); }
int fdatasync(int fd) { int what = on(fd, SYNC, "fdatasync"); REAL(fdatasync); DO(next(fd)); }
int fchmod(int fd, mode_t mode) { int what = on(fd, CHMOD, "fchmod"); REAL(fchmod); DO(next(fd, mode)); }
void *mmap64(void *where, size_t n, int access, int flags, int fd, off64_t from) {
    int what = fd >= 0 ? on(fd, MAP, "mmap") : NOTHING;
    void *mapped;
    REAL(mmap64);
    if (what == FAIL) { errno = plan.number; return MAP_FAILED; }
    mapped = next(where, n, access, flags, fd, from);
    if (what == KILL_AFTER || what == KILL_HALF) die();
    return mapped;
}
void *mmap(void *where, size_t n, int access, int flags, int fd, off_t from) { return mmap64(where, n, access, flags, fd, from); }
int close(int fd) {
    int writes = plan.armed && is_tracked(fd) && tracked[fd] == 2, what = writes ? on(fd, CLOSE, "close") : NOTHING, done;
    REAL(close);
    if (fd >= 0 && fd < (int)sizeof tracked) tracked[fd] = 0;
    done = next(fd); /* a descriptor is gone even when closing fails */
    if (what == KILL_AFTER || what == KILL_HALF) die();
    if (what == FAIL) { errno = plan.number; return -1; }
    return done;
}

/* --- names ----------------------------------------------------------------------------------------------- */

#define NAMED(at, path, kind, name) int what = plan.armed && under(at, path) ? step(kind, name, path) : NOTHING
int rename(const char *a, const char *b) { NAMED(AT_FDCWD, b, RENAME, "rename"); REAL(rename); DO(next(a, b)); }
int renameat(int x, const char *a, int y, const char *b) { NAMED(y, b, RENAME, "renameat"); REAL(renameat); DO(next(x, a, y, b)); }
int renameat2(int x, const char *a, int y, const char *b, unsigned f) { NAMED(y, b, RENAME, "renameat2"); REAL(renameat2); DO(next(x, a, y, b, f)); }
int unlink(const char *path) { NAMED(AT_FDCWD, path, UNLINK, "unlink"); REAL(unlink); DO(next(path)); }
int unlinkat(int at, const char *path, int flags) { NAMED(at, path, UNLINK, "unlinkat"); REAL(unlinkat); DO(next(at, path, flags)); }
int rmdir(const char *path) { NAMED(AT_FDCWD, path, UNLINK, "rmdir"); REAL(rmdir); DO(next(path)); }
int mkdir(const char *path, mode_t mode) { NAMED(AT_FDCWD, path, MKDIR, "mkdir"); REAL(mkdir); DO(next(path, mode)); }
int mkdirat(int at, const char *path, mode_t mode) { NAMED(at, path, MKDIR, "mkdirat"); REAL(mkdirat); DO(next(at, path, mode)); }
int link(const char *a, const char *b) { NAMED(AT_FDCWD, b, LINK, "link"); REAL(link); DO(next(a, b)); }
int linkat(int x, const char *a, int y, const char *b, int f) { NAMED(y, b, LINK, "linkat"); REAL(linkat); DO(next(x, a, y, b, f)); }
int symlink(const char *a, const char *b) { NAMED(AT_FDCWD, b, LINK, "symlink"); REAL(symlink); DO(next(a, b)); }
int chmod(const char *path, mode_t mode) { NAMED(AT_FDCWD, path, CHMOD, "chmod"); REAL(chmod); DO(next(path, mode)); }
int fchmodat(int at, const char *path, mode_t mode, int flags) { NAMED(at, path, CHMOD, "fchmodat"); REAL(fchmodat); DO(next(at, path, mode, flags)); }
int truncate64(const char *path, off64_t n) { NAMED(AT_FDCWD, path, TRUNCATE, "truncate"); REAL(truncate64); DO(next(path, n)); }
int truncate(const char *path, off_t n) { return truncate64(path, n); }
int utimensat(int at, const char *path, const struct timespec t[2], int flags) { NAMED(at, path, CHMOD, "utimensat"); REAL(utimensat); DO(next(at, path, t, flags)); }
