// What the server knows that a text may say: the schema, the operators, the datasets. Asked for once.

import { Schema } from "./schema.js";
import { ask } from "./server.js";

export class Vocabulary {
  constructor(address) {
    this.address = address;
    this.operators = {};
    this.datasets = [];
    this.starters = [];
    this.notFor = {};
    this.schema = new Schema({});
  }

  load() {
    return (this.ready ??= this.#ask());
  }

  async #ask() {
    const { schema, not_for: notFor, ...rest } = await ask(this.address, { method: "GET" });
    Object.assign(this, { schema: new Schema(schema), notFor, ...rest });
  }

  // By name, those that cannot run in this version last.
  operatorNames() {
    const isLast = (name) => Number(!this.operators[name].available);
    return Object.keys(this.operators).sort(
      (one, other) => isLast(one) - isLast(other) || (one < other ? -1 : 1),
    );
  }
}

export function operatorFacts({ activations, runtimes, version }) {
  return `${activations.join(", ")} · ${runtimes.join(", ")} · version ${version}`;
}
