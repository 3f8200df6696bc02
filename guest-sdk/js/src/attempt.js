/** What is asked of an author's object, whose getters may throw; then it is a text in its place. */
export function attempt(ask, otherwise = "[cannot be shown]") {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}
