// Tells which names of variables, options, fields and parameters announce a secret.

const ANYWHERE =
  /(?:passw(?:or)?d|passwort|kennwort|(?:pass|seed|recovery)[-_.]?phrase|passcode|mnemonic|secret|token|crumb|[cx]srf|apikey|secret[-_.]?(?:string|key[-_.]?base)|signing[-_.]key|(?:api|access|account|auth|certificate|client|encryption|license|master|pre[-_]?shared|secret|service|setup|shared|storage|stream|subscription)[-_.]?key|requirepass|masterauth|sonar\.login|bw_session|op_session_\w{1,40})$/i
/** Short words, which announce a secret only at the beginning of a word: `dbPass` and `DB_PW`, but not `compass`. */
const AS_WORD =
  /(?:^|[^A-Za-z]|[a-z](?=[A-Z]))(?:[Pp]ass|PASS|[Pp]wd|PWD|[Pp]w|PW|[Pp]sk|PSK|[Jj]wt|JWT|[Bb]earer|BEARER|[Cc]reds?|CREDS?)$|_(?:auth|AUTH)$/
const RUN_ON =
  /^-*(?:pg|my|mysql|db|user|root|admin|ldap|bind|remote|local|http|ftp|vnc|rpc|app|client|server|system|super|postgres|ssl|tls|cert|pfx|keystore|trust|account|login|master|default|new|backup|web|vpn|net|wlan|store|srcstore|deststore|key|ssh|smb|wifi|smtp|imap|mail|proxy)(?:pass|pwd|pw)$/i
/**
 * Words behind the name that tell several such secrets apart: `PASSWORD_2`, `db_password_prod`,
 * `password_confirmation`.
 */
const VARIANT =
  /(?:\d{1,2}|[-_.](?:\d{1,2}|old|new|confirm|confirmation|again|prod|production|dev|test|stage|staging|live|plain|plaintext|cleartext|value|text|string|b64|base64))$/i
/** Names of the working directory. */
const DIRECTORY = /^(?:OLD)?PWD$/
/** Names that announce a file as often as a secret. */
const FILE_OR_SECRET = /(?:private[-_.]?key|credentials?)$/i
const FILE = /^(?:~|\.{0,2}\/)|\.[a-z0-9]{2,5}$|^\$/i
/** Names of keys and credentials whose value is often a path; base 64 has slashes too, so KEY_FILE tells paths from it. */
const KEY = /(?:signing|host|client|server|auth|tls|ssl)[-_.]?key$|creds?$/i
const KEY_FILE =
  /^(?:~\/|\.{1,2}\/|\/[a-z]{2,12}\/)[\w.@/-]{1,200}$|^[\w-]{1,60}(?:\.[\w-]{1,20}){0,2}\.(?:pem|key|json|ya?ml|txt|gpg|asc|p12|pfx|jks|keystore|crt|der|env|toml|ini|conf|cfg)$/
/** Options that ask for a secret or switch its display, and take no value: `--no-password`, `--show-token`. */
const SWITCH =
  /^-*(?:no|with|without|ask|show|print|get|reset|change|generate|enable|disable|use|allow|require|prompt|include|hide)-/i
const OPTION = /^--?[A-Za-z][\w.-]*$/
/**
 * Values that are no secret: words that say whether there is one, `auth=none`, and placeholders, `<your password>`,
 * `{{ token }}`, `xxx`, `***`. `changeme` and similar words count as secrets, because people leave them as they are.
 */
const NO_SECRET =
  /^(?:true|false|yes|no|on|off|none|null|nil|undefined|%[-\d]{0,4}[sqvd](?:\\?n)?|<(?:[a-z]+(?:[ _-][a-z]+)*)?>|\$?\{\{[^{}]{0,80}\}\}|\$?\{\w{0,40}\}|\{\{|["'`]{1,3}|[xX]{3,}|\*{2,}|\.{3}|\u2026|your[-_ ][a-z_ -]{1,40}|\[redacted\])$/i
/** Patterns that match any secret: `.*`, `([^"]+)`, `[A-Za-z0-9]{32}`. */
const PATTERN = /^\(?(?:\.|\[[^\]]{1,40}\]|\\[wdSs])(?:[*+]\??|\{\d{1,4},?\d{0,4}\})\)?$/
const PLACEHOLDER = /^[A-Z_]+$/
/** Names whose value is the name of a secret kept elsewhere. */
const REFERENCE = /existing[-_.]?secret$/i
/** Names that end in KEY; they hold a secret only if the value looks like a key (KEY_TEXT). */
const KEY_VARIABLE =
  /^(?!(?:.*[-_.])?(?:public|pub|cache|primary|foreign|sort|partition|hash|object|idempotency|host)[-_.]?key$)[A-Za-z][\w.-]*key$|^key$/i
/** Source of a text that nobody could guess: hexadecimal, a UUID, letters strewn with digits, or several such with signs between. */
export const UNGUESSABLE = String.raw`(?:[0-9A-Fa-f]{32,256}|[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?:\.[0-9a-f]{20,256})?|(?=[A-Za-z]{0,80}\d)(?=\d{0,80}[A-Za-z])[A-Za-z0-9]{20,256}={0,2}|(?=[\w-]{20})(?=(?:[A-Za-z_-]{0,80}\d){4})(?:[A-Za-z0-9]{1,80}[_-]){0,8}(?=[A-Za-z]{0,40}\d)(?=\d{0,40}[A-Za-z])[A-Za-z0-9]{8,128}(?:[_-][A-Za-z0-9]{1,80}){0,8})`
const KEY_TEXT = new RegExp(`^(?:base64:[A-Za-z0-9+/=]{20,}|${UNGUESSABLE})$`)

/** Quick test for a whole line: without a match no name in it announces a secret. */
export const MAY_NAME_SECRET =
  /pass|phrase|mnemonic|pwd|pw|psk|secret|token|key|kennwort|auth|jwt|bearer|cred|sonar|_session|crumb|[cx]srf/i

/** Characters at the end of a long name that are examined. */
export const NAME_LENGTH = 64

/** Expressions that fetch a secret in another language: `process.env.PW`, `var.db_password`, `os.getenv("PW")`. */
const EXPRESSION =
  /^(?:process\.env|import\.meta|os\.(?:environ|getenv)|system\.getenv|env|var|local|data|module|each|self|this|config|settings|secrets?|lookup|getenv)[.[(]/i

/** Whether a name announces a secret, whatever its value. */
export const announces = (name: string | undefined): boolean =>
  name !== undefined && announcesSecret(name, 'x')

/** Whether `name`, of a variable, option (with its dashes) or field, announces that `value` is a secret. */
export function announcesSecret(name: string, value: string): boolean {
  if (value === '' || standsForOne(value)) return false
  // A placeholder as in `--password PASSWORD`.
  if (PLACEHOLDER.test(value) && value.toLowerCase() === name.replace(/^-+/, '').toLowerCase()) return false
  if (REFERENCE.test(name)) return false
  if (FILE_OR_SECRET.test(name)) return !FILE.test(value)
  if (KEY.test(name) && KEY_FILE.test(value)) return false
  if (KEY_VARIABLE.test(name) && KEY_TEXT.test(value)) return true
  if (saysSecret(name)) return true
  const stem = name.replace(VARIANT, '')
  return stem !== name && saysSecret(stem)
}

function standsForOne(value: string): boolean {
  if (NO_SECRET.test(value) || PATTERN.test(value) || EXPRESSION.test(value)) return true
  const first = value[0]
  return (
    (first === '"' || first === "'") &&
    value.length > 2 &&
    value.endsWith(first) &&
    NO_SECRET.test(value.slice(1, -1))
  )
}

const saysSecret = (name: string): boolean =>
  ANYWHERE.test(name) || (AS_WORD.test(name) && !DIRECTORY.test(name)) || RUN_ON.test(name)

/** Whether the next word is the secret of this option. */
export function takesSecret(option: string, next: string): boolean {
  return OPTION.test(option) && !SWITCH.test(option) && announcesSecret(option, next)
}
