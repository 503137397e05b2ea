/** For how long what is replaced goes on signing, in seconds. */
export const OVERLAPS = [
  { value: "0", label: "Not at all: it ends at once" },
  { value: "3600", label: "An hour" },
  { value: "86400", label: "A day" },
  { value: "604800", label: "A week" },
  { value: "2592000", label: "30 days" },
];
