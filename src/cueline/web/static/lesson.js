// What the layers make of a batch, as the switches stand: arrays, code that runs, and what Keras says of them.

const DOCS = "https://github.com/cueline/cueline/blob/main/docs/sequences.md";

/** Where `docs/sequences.md` explains a thing. */
export const LESSONS = {
  axes: `${DOCS}#5-samples-timesteps-features-and-units`,
  padding: `${DOCS}#1-padding-in-layers-in-the-loss-in-metrics`,
  words: `${DOCS}#7-words-are-not-turns`,
  outputs: `${DOCS}#6-a-label-at-every-step-needs-return_sequencestrue`,
  dense: `${DOCS}#2-dense-or-timedistributeddense`,
  silos: `${DOCS}#timedistributed-carries-memory-from-step-to-step`,
  bits: `${DOCS}#8-softmax-or-sigmoid-and-accuracy-on-bit-vectors`,
  whole: `${DOCS}#the-whole-answer`,
};

/**
 * Everything of a batch of `dialogues` like the one that was found. `switches` are {sequences, distributed, memory,
 * wrapped}. Gives {arrays, note, code, error, steps}.
 */
export function lesson({ sizes, turns }, switches, dialogues) {
  const B = dialogues;
  const T = turns.length;
  const W = Math.max(1, ...turns.map(({ words }) => words));
  const words = turns.reduce((sum, one) => sum + one.words, 0) || 1;
  const steps = switches.distributed ? T : words; // time steps of the memory
  const kept = switches.sequences || !switches.memory; // whether an output comes at each of them
  const sized = { ...sizes, B, T, W, words, steps, kept };
  return { arrays: arrays(sized, switches), note: note(sized, switches), code: code(sized, switches), error: error(sized, switches), steps, kept };
}

/** Each array: its name, its axes behind the batch, and where it is explained. @returns {[string, [number, string][], string][]} */
function arrays({ T, W, words, steps, kept, embedding, encoding, context, turn, units, actions }, { distributed, memory, wrapped }) {
  /** @type {[number, string][]} */
  const time = kept ? [[steps, distributed ? "turns" : "words"]] : [];
  /** @type {[string, [number, string][], string][]} */
  const before = distributed
    ? [
        ["words", [[T, "turns"], [W, "words"], [embedding, "embedding"]], "axes"],
        ["encoded turns", [[T, "turns"], [encoding, "encoding"]], "words"],
        ["with the context", [[T, "turns"], [encoding + context, "encoding and context"]], "axes"],
        ["turn vectors", [[T, "turns"], [turn, "features"]], "axes"],
      ]
    : [["words", [[words, "words of all turns"], [embedding, "embedding"]], "words"]];
  return [
    ...before,
    [memory ? "memory, h" : "no memory", [...time, [units, "units"]], memory ? "outputs" : "silos"],
    [wrapped ? "TimeDistributed(Dense)" : "Dense", [...time, [actions, "actions"]], "dense"],
    ["targets, y", [[T, "turns"], [actions, "actions"]], "bits"],
    ["weight", [[T, "turns"]], "padding"],
  ];
}

function note({ B, T, words, kept }, { distributed, memory, sequences }) {
  const padded = B > 1 ? ` Shorter dialogues of the ${B} are padded on the right to ${T} turns, and their weight is 0 there.` : "";
  if (!distributed) return `The time steps are words now: ${kept ? `${words} answers` : "one answer"} for ${T} turns. Turns are the time steps only where the words of each turn become one vector first.${padded}`;
  if (!memory) return `Every turn is decided by itself. The shapes are the same, the past is gone: turns in silos.${padded}`;
  if (sequences) return `An output at every turn, so an answer at every turn: many-to-many.${padded}`;
  return `Only the output after the last turn is handed on: one answer for ${T} turns, and targets of ${T} turns fit nothing.${padded}`;
}

/** A script that runs as it stands, and ends in Keras's error where there is one. */
function code(sized, { sequences, distributed, memory, wrapped }) {
  const { B, T, W, words, encoder, embedding, encoding, context, turn, units, actions } = sized;
  const dense = `layers.Dense(${actions}, "sigmoid", name="actions")`;
  const encode = encoder === "lstm" ? `layers.LSTM(${encoding})` : "layers.GlobalAveragePooling1D()";
  const input = distributed
    ? [
        `B, T, W = ${B}, ${T}, ${W}  # dialogues, turns, words of the longest turn`,
        `words = random.random((B, T, W, ${embedding}), "float32")  # as embedded`,
        `context = random.random((B, T, ${context}), "float32")  # what else is known at each turn`,
        "",
        `turns = layers.TimeDistributed(${encode})(words)`,
        `x = layers.Dense(${turn}, "tanh")(layers.Concatenate()([turns, context]))`,
      ]
    : [
        `B, T, W = ${B}, ${T}, ${words}  # dialogues, turns, words of all turns`,
        `x = random.random((B, W, ${embedding}), "float32")  # the turns run into one another`,
        "",
      ];
  return [
    "import keras",
    "import numpy as np",
    "from keras import layers",
    "",
    "random = np.random.default_rng(0)",
    ...input,
    memory ? `h = layers.${recurrent(sized)}(${units}, return_sequences=${sequences ? "True" : "False"})(x)` : `h = layers.Dense(${units}, "tanh")(x)  # each turn by itself`,
    wrapped ? `answers = layers.TimeDistributed(${dense})(h)` : `answers = ${dense}(h)`,
    'print("answers:", tuple(answers.shape))',
    "",
    `y = random.integers(0, 2, (B, T, ${actions})).astype("float32")  # a target at every turn`,
    'weight = np.ones((B, T), "float32")  # 0 where a shorter dialogue is padded',
    'loss = keras.losses.BinaryCrossentropy(reduction="mean_with_sample_weight")',
    'print("loss:", keras.ops.convert_to_numpy(loss(y, answers, sample_weight=weight)))',
  ].join("\n");
}

/** The layer that carries over from turn to turn. */
export const recurrent = ({ memory }) => (memory === "gru" ? "GRU" : "LSTM");

/** What Keras says of the script; null where it is content. */
function error({ B, T, steps, kept, units, actions }, { wrapped }) {
  if (wrapped && !kept) return `\`TimeDistributed\` Layer should be passed an \`input_shape\` with at least 3 dimensions, received: (${B}, ${units})`;
  if (kept && steps === T) return null;
  const output = kept ? [B, steps, actions] : [B, actions];
  return `Arguments \`target\` and \`output\` must have the same shape. Received: target.shape=(${[B, T, actions].join(", ")}), output.shape=(${output.join(", ")})`;
}
