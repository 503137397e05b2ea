/** What was done or tried, by method and route as the api notes it. */
const ACTS: Record<string, string> = {
  "POST /Token": "Sign in for a token",
  "POST /token": "Sign in for a token",
  "POST /api/v1/session": "Sign in",
  "DELETE /api/v1/session": "Sign out",
  "DELETE /api/v1/me/token": "End a token",
  "PUT /api/v1/me/password": "Change their own password",
  "POST /api/v1/api-keys": "Make an API key",
  "DELETE /api/v1/api-keys/{id}": "Revoke an API key",
  "POST /api/v1/deliveries/{id}/replay": "Send a delivery again",
  "POST /api/v1/events": "Publish events",
  "DELETE /api/v1/events/{id}/payload": "Remove the data of an event",
  "POST /api/v1/filters": "Add a filter",
  "PUT /api/v1/filters/{name}": "Change a filter",
  "DELETE /api/v1/filters/{name}": "Delete a filter",
  "POST /api/v1/inbox/replays": "Replay dead webhooks of the inbox",
  "POST /api/v1/inbox/{id}/replay": "Replay a received webhook",
  "POST /api/v1/registrations": "Add a webhook",
  "PUT /api/v1/registrations/{id}": "Change a webhook",
  "PATCH /api/v1/registrations/{id}": "Change a webhook",
  "DELETE /api/v1/registrations/{id}": "Delete a webhook",
  "POST /api/v1/registrations/{id}/discard-held": "Discard what is held for a webhook",
  "POST /api/v1/registrations/{id}/explain": "Ask what a webhook would be told",
  "POST /api/v1/registrations/{id}/preview": "Look at what a webhook would be sent",
  "POST /api/v1/registrations/{id}/replays": "Start a replay",
  "POST /api/v1/registrations/{id}/resume": "Resume a webhook",
  "GET /api/v1/registrations/{id}/secret": "Look at the secret of a webhook",
  "POST /api/v1/registrations/{id}/secret": "Change the secret of a webhook",
  "POST /api/v1/registrations/{id}/signing-key": "Change the signing key of a webhook",
  "DELETE /api/v1/registrations/{id}/signing-key": "Remove the signing key of a webhook",
  "POST /api/v1/registrations/{id}/test": "Test a webhook",
  "POST /api/v1/replays/{id}/cancel": "Cancel a replay",
  "POST /api/v1/resources": "Add a resource",
  "PUT /api/v1/resources/{kind}/{id}": "Change a resource",
  "DELETE /api/v1/resources/{kind}/{id}": "Delete a resource",
  "POST /api/v1/resources/{kind}/{id}/executions": "Report a run of a resource",
  "POST /api/v1/roles": "Add a role",
  "PUT /api/v1/roles/{id}": "Change a role",
  "DELETE /api/v1/roles/{id}": "Delete a role",
  "PUT /api/v1/roles/{id}/members/{userId}": "Put a user into a role",
  "DELETE /api/v1/roles/{id}/members/{userId}": "Take a user out of a role",
  "POST /api/v1/roles/{id}/permissions": "Grant a permission to a role",
  "DELETE /api/v1/roles/{id}/permissions/{permissionId}": "Take a permission from a role",
  "POST /api/v1/users": "Add a user",
  "PATCH /api/v1/users/{id}": "Switch a user off or on",
  "DELETE /api/v1/users/{id}": "Delete a user",
  "PUT /api/v1/users/{id}/password": "Set the password of a user",
  "POST /api/v1/users/{id}/permissions": "Grant a permission to a user",
  "DELETE /api/v1/users/{id}/permissions/{permissionId}": "Take a permission from a user",
  "DELETE /api/v1/users/{id}/tokens": "End the sessions of a user",
  "POST /api/webhooks/registrations": "Add a webhook (ASP.NET)",
  "PUT /api/webhooks/registrations/{id}": "Change a webhook (ASP.NET)",
  "DELETE /api/webhooks/registrations/{id}": "Delete a webhook (ASP.NET)",
  "DELETE /api/webhooks/registrations": "Delete all their webhooks (ASP.NET)",
  "postrider user add": "Add a user",
  "postrider user password": "Set the password of a user",
  "postrider user disable": "Switch a user off",
  "postrider user enable": "Switch a user on",
  "postrider key add": "Make an API key",
  "postrider key remove": "Revoke an API key",
};

/** What was done or tried, in words; as it was noted when nobody has put it into words yet. */
export function actText(action: string): string {
  // Of what is only read, what is denied is noted.
  return ACTS[action] ?? action.replace(/^(GET|HEAD) /, "Look at ");
}

/** Whether it has words. */
export function isWorded(action: string): boolean {
  return action in ACTS;
}

const PLACES: [RegExp, (match: RegExpExecArray) => string][] = [
  [/^\/api\/v1\/users\/(usr_[0-9a-f]+)/, ([, id]) => `/users/${id}`],
  [/^\/api\/v1\/roles\/(rol_[0-9a-f]+)/, ([, id]) => `/roles/${id}`],
  [/^\/api\/v1\/registrations\/(\w+_[0-9a-f]+)/, ([, id]) => `/webhooks/${id}`],
  [/^\/api\/v1\/deliveries\/(\w+_[0-9a-f]+)/, ([, id]) => `/deliveries/${id}`],
  [/^\/api\/v1\/events\/(\w+_[0-9a-f]+)/, ([, id]) => `/events/${id}`],
  [/^\/api\/v1\/replays\/(\w+_[0-9a-f]+)/, ([, id]) => `/replays/${id}`],
  [/^\/api\/v1\/inbox\/(inb_[0-9a-f]+)/, ([, id]) => `/inbox/${id}`],
  [/^\/api\/v1\/filters\/([\w-]+)/, ([, name]) => `/filters/${name}`],
];

/** The page that shows what something was done to. */
export function placeOf(target: string): string | undefined {
  for (const [pattern, place] of PLACES) {
    const match = pattern.exec(target);
    if (match !== null) return place(match);
  }
  return undefined;
}
