import { setNonce } from "get-nonce";

/**
 * The nonce that the page's policy wants on style elements.
 *
 * Read from the property: browsers hide the attribute once the policy is in force.
 */
export function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
}

// What keeps the page from scrolling behind a drawer asks here.
setNonce(nonce());
