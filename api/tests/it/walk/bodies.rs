use serde_json::{Value, json};

use crate::harness::report_event;
use crate::openapi::Operation;

/// A body that the operation takes.
pub(super) fn body(operation: &Operation) -> Value {
    let registration = json!({ "uri": "https://attacker.example/" });
    let webhook = json!({ "WebHookUri": "https://attacker.example/" });
    let grant = json!({ "kind": "reports", "access": ["read"] });
    match operation.id.as_str() {
        "publishEvents" => report_event(),
        "createRegistration" | "replaceRegistration" => registration,
        "changeRegistration" => json!({ "paused": true }),
        "aspnetRegister" | "aspnetReplace" => webhook,
        "signIn" => json!({ "userName": "mallory", "password": "wrong horse" }),
        "createUser" => json!({ "name": "mallory", "password": "a good password" }),
        "changeUser" => json!({ "disabled": true }),
        "setPassword" => json!({ "password": "a good password" }),
        "createRole" => json!({ "name": "Attackers" }),
        "replaceRole" => json!({ "name": "Revisors" }),
        "grantUserPermission" | "grantRolePermission" => grant,
        "changeMyPassword" => {
            json!({ "currentPassword": "wrong horse", "newPassword": "a good password" })
        }
        "addFilter" => json!({ "name": "attacks" }),
        "describeFilter" => json!({ "description": "x" }),
        "addResource" => json!({ "kind": "reports", "name": "x" }),
        "createApiKey" | "replaceResource" => json!({ "name": "x" }),
        "rotateRegistrationSecret"
        | "rotateRegistrationSigningKey"
        | "resumeRegistration"
        | "testRegistration"
        | "startReplay"
        | "replayDeadInbox"
        | "reportExecution"
        | "issueToken"
        | "issueTokenInLowerCase" => json!({}),
        _ => panic!("nobody knows what to send to {} ({})", operation.path, operation.id),
    }
}
