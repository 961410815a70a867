// A dialogue with the policy, as the service keeps it.

import { get, newKey, post } from "./api.js";
import { author } from "./author.js";
import { same } from "./words.js";

const AT_ONCE = 100; // turns replayed in one request

export class Conversation {
  id = null;
  turns = []; // {user, features, available, decision, correction, did}
  #keys = new Map(); // of calls that may have been made: made again, they are the same

  /** The dialogue of that id, as the service knows it. */
  static async load(id) {
    const conversation = new Conversation();
    const { turns } = await get(`/v1/dialogues/${id}`);
    conversation.id = id;
    conversation.turns = turns.map(({ user, features = {}, available = null, decision, policy, took, correction }) => ({
      ...{ user, features, available, decision, policy, correction },
      did: took ?? correction ?? decision.actions,
    }));
    return conversation;
  }

  /** One more turn; `user` is null where the system acts again without hearing anyone. */
  async step(user, { features, available }) {
    this.id ??= (await this.#once("/v1/dialogues", {})).id;
    const said = { user, features, available };
    const content = { ...said, turn: this.turns.length, ...took(this.turns.at(-1)) };
    const decision = await this.#once(`/v1/dialogues/${this.id}/turns`, content);
    this.turns.push({ ...said, decision, policy: decision.policy, correction: null, did: decision.actions });
  }

  /** Say what would have been right at a turn; what follows goes on from that. */
  async correct(number, right) {
    const path = `/v1/dialogues/${this.id}/turns/${number}/correction`;
    const correction = (await this.#once(path, { ...right, author: author() })).actions;
    const { spans, arguments: calls } = right;
    Object.assign(this.turns[number], { correction, did: correction, right: { spans, arguments: calls } });
  }

  /** A new dialogue that goes as this one did for its first turns; this one stays as it is. */
  async branch(length) {
    const branch = new Conversation();
    if (length === 0) return branch;
    branch.id = (await post("/v1/dialogues")).id;
    const turns = this.turns.slice(0, length);
    for (let first = 0; first < length; first += AT_ONCE) {
      const batch = turns.slice(first, first + AT_ONCE).map(({ user, features, available }, i) => ({
        ...{ dialogue: branch.id, user, features, available, key: newKey() },
        ...took(turns[first + i - 1], true),
      }));
      const answers = await post("/v1/turns", batch);
      for (const [i, { answer, problem }] of answers.entries()) {
        if (problem) throw new Error(problem.detail);
        branch.turns.push({ ...turns[first + i], decision: answer, policy: answer.policy, correction: null });
      }
    }
    return branch;
  }

  /** Call with a key that is the same until the call went well. */
  async #once(path, content) {
    const call = `${path} ${JSON.stringify(content)}`;
    if (!this.#keys.has(call)) this.#keys.set(call, newKey());
    const answer = await post(path, content, this.#keys.get(call));
    this.#keys.delete(call);
    return answer;
  }
}

/** What the service is told of the turn before, where it could not know it (or `always`). */
function took(before, always = false) {
  if (!before) return {};
  return always || !same(before.did, before.decision.actions) ? { took: before.did } : {};
}
