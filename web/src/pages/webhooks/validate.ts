import { parseDelays } from "./delays";
import type { WebhookValues } from "./formValues";
import { repeatedName } from "./pairs";
import { secretMistake } from "./secrets";

/**
 * What can be told without asking: the server has the last word, and says the rest.
 */
export function validate(values: WebhookValues, isNew: boolean): Record<string, string> {
  const errors: Record<string, string> = {};
  const uri = uriMistake(values.uri.trim());
  if (uri !== undefined) errors.uri = uri;
  if (isNew && values.secretKind === "own") {
    const secret = secretMistake(values.secret);
    if (secret !== undefined) errors.secret = secret;
  }
  if (values.retries === "own") {
    const delays = parseDelays(values.retryDelaysSeconds);
    if (delays === undefined || delays.length === 0) {
      errors.retryDelaysSeconds = "Write delays such as 5s, 1m, 2h.";
    }
  }
  const header = repeatedName(values.headers, true);
  if (header !== undefined) errors.headers = `${header} is there twice.`;
  const property = repeatedName(values.properties, false);
  if (property !== undefined) errors.properties = `${property} is there twice.`;
  return errors;
}

function uriMistake(uri: string): string | undefined {
  if (uri === "") return "Enter the URL to post to.";
  if (!/^https?:\/\//i.test(uri) || !URL.canParse(uri)) {
    return "Enter a whole URL, such as https://example.com/hooks.";
  }
  return undefined;
}
