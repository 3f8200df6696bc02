const { parse } = JSON;

/**
 * How deep the engine's parser may go. It has 512 KiB of stack, of which a level takes some 200
 * bytes; without stack the run is over, whoever sent that text.
 */
const DEPTH_MAX = 1_000;
/** A level of an object takes four characters at least: `{"":`. */
const OBJECT_CHARACTERS = 4;

const count = (text, character) => text.split(character).length - 1;

/**
 * Whether a text could go too deep, by how many brackets it has; what most texts are let off by.
 */
function isSuspicious(text) {
  if (text.length <= DEPTH_MAX) return false;
  const objects = text.length > DEPTH_MAX * OBJECT_CHARACTERS ? count(text, "{") : 0;
  return count(text, "[") + objects > DEPTH_MAX;
}

const STRING_OR_BRACKET = /"(?:[^"\\]|\\.)*"|[[\]{}]/gs;

function refuseDeep(text) {
  let depth = 0;
  for (const [token] of text.matchAll(STRING_OR_BRACKET)) {
    if (token === "[" || token === "{") depth += 1;
    if (token === "]" || token === "}") depth -= 1;
    if (depth > DEPTH_MAX) throw new SyntaxError(`JSON of more than ${DEPTH_MAX} levels`);
  }
}

/** `JSON.parse` that throws where the engine's own would end the run. */
export function parseJson(text, reviver) {
  const source = String(text);
  if (isSuspicious(source)) refuseDeep(source);
  return parse(source, reviver);
}
