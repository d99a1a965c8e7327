"""The work behind the verbs: a request's plan carried out, in run folders that can be gone on with."""
