// How an answer is told, by what the network tells: a class, several labels, a number.
//
// Each has: order(scores), the indices from the first to be said to the last; text(score, index); share(score), of a bar's
// width, from 0 to 1; answered(scores), the indices that are the answer; truth(scores, label), what is said of the true one.

const byScore = (scores) => [...scores.keys()].sort((a, b) => scores[b] - scores[a]);

const TOLD = {
  class: (look) => ({
    order: byScore,
    text: look.percent,
    share: (score) => score,
    answered: (scores) => [byScore(scores)[0]],
    truth: (scores, label) => look.say(label === look.className(byScore(scores)[0]) ? "truth_right" : "truth_wrong", { label }),
  }),
  labels: (look) => {
    const from = look.get("thresholds");
    const answered = (scores) => byScore(scores).filter((index) => scores[index] >= from[index]);
    return {
      order: byScore,
      text: look.percent,
      share: (score) => score,
      answered,
      truth(scores, label) {
        const truth = label === "" ? [] : label.split(look.get("between"));
        const given = new Set(answered(scores).map(look.className));
        const right = given.size === truth.length && truth.every((name) => given.has(name));
        return look.say(`labels_${truth.length ? "some" : "none"}_${right ? "right" : "wrong"}`, { label: truth.join(", ") });
      },
    };
  },
  number: (look) => {
    const { low, high } = look.get("range");
    return {
      order: (scores) => [...scores.keys()],
      text: (score) => look.num(score, 4),
      share: (score) => Math.min(1, Math.max(0, (score - low) / (high - low))),
      answered: () => [0],
      truth: (scores, label) =>
        look.say("truth_number", { label: look.num(Number(label), 4), off: look.num(Math.abs(scores[0] - Number(label)), 3) }),
    };
  },
};

export const telling = (look) => TOLD[look.get("target")](look);
