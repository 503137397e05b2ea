interface Place {
  pathname: string;
  search: string;
}

/** The sign-in page that leads back to `place`. */
export function signInPath(place: Place, ended: boolean): string {
  const query = new URLSearchParams();
  const path = place.pathname + place.search;
  if (path !== "/") query.set("next", path);
  if (ended) query.set("ended", "1");
  const text = query.toString();
  return text === "" ? "/sign-in" : `/sign-in?${text}`;
}

/**
 * Where to go after signing in. Only paths of these pages: a link to the sign-in page must not lead
 * to somebody else's.
 */
export function placeAfterSignIn(next: string | null): string {
  if (next === null || !next.startsWith("/")) return "/";
  // Browsers read `//host` and `/\host` as another host, tabs and line ends left out.
  const base = "https://pages.invalid";
  try {
    const url = new URL(next, base);
    if (url.origin !== base || url.pathname.startsWith("//")) return "/";
    if (url.pathname === "/sign-in") return "/";
    return url.pathname + url.search;
  } catch {
    return "/";
  }
}
