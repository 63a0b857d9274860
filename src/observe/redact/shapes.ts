// Finds secrets by their form, whatever the tool: one row for each form.
import { ACCOUNT_SHAPES } from './accounts.ts'
import { FIELD_SHAPES } from './fields.ts'
import { UNGUESSABLE } from './names.ts'
import type { Shape } from './shape.ts'
import { TOKEN, TOKEN_HINT } from './tokens.ts'

/** A part of a path that is a UUID, or has eighteen letters and digits in a row. */
const UNGUESSED =
  '(?=[\\w@.-]{0,80}?(?:[0-9a-f]{8}-[0-9a-f]{4}-|(?=[A-Za-z]{0,40}\\d)(?=\\d{0,40}[A-Za-z])[A-Za-z0-9]{18}))[\\w@.-]{16,200}'

export const SHAPES: readonly Shape[] = [
  {
    id: 'known-token',
    hint: TOKEN_HINT,
    pattern: TOKEN,
    certain: true,
  },
  {
    id: 'jwt',
    hint: /eyj/,
    pattern: /(?<![\w-])(?<secret>eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)/g,
    certain: true,
  },
  {
    // The address itself is the secret: anybody who knows it may write there.
    id: 'hook-address',
    hint: /hooks\.slack\.com|webhook|hooks\.zapier\.com/,
    pattern:
      /(?:hooks\.slack\.com\/(?:services|workflows|triggers)\/|hooks\.zapier\.com\/hooks\/catch\/|\.tines\.com\/webhook\/|\/api\/webhooks\/\d{1,24}\/)(?<secret>[\w/@-]{16,})/g,
    certain: true,
  },
  {
    // The same at any other service: behind the word stands a part that nobody could guess.
    id: 'hook-of-any-service',
    hint: /hooks?(?:b2)?\/|\/with\/key\/|hc-ping\.com\//,
    pattern: new RegExp(
      `//(?:hc-ping\\.com|[^\\s"'<>]{1,160}?(?:/(?:incoming-?)?(?:web)?hooks?(?:b2)?|/with/key))/(?:[\\w.@-]{1,60}/){0,4}?(?<secret>${UNGUESSED}(?:(?:/[\\w.@-]{1,60}){0,2}/${UNGUESSED}){0,4})`,
      'gi',
    ),
    certain: true,
  },
  {
    // The last of the texts that a call is given beside a person's name: `DirectoryEntry(url, user, password)`.
    id: 'password-of-a-call',
    hint: /(?:credential|auth|directoryentry|getconnection|mysqli?\w*|pdo|login|authenticate)s?\(/,
    pattern:
      /(?:(?:DirectoryEntry|getConnection|mysqli?(?:_\w{0,4}connect)?|PDO)\((?:\s{0,40}["'][^"'\n]{0,200}["']\s{0,4},){2}|(?:(?:PS|Network|UsernamePassword)Credentials?|(?:Basic|Digest|Proxy|basic_?)[Aa]uth|\.(?:login|authenticate))\(\s{0,40}["'][^"'\n]{0,200}["']\s{0,4},)\s{0,40}["'](?<secret>[^"'\n]{1,200})(?=["']\s{0,8}[,)])/g,
  },
  {
    // What could be a digest or an id, and is called a secret in a text: `access token 5d41…`.
    id: 'digest-called-secret',
    hint: /(?:secret|token|private|access|key)[\s:=.-]/,
    pattern: new RegExp(
      String.raw`(?:secret|token|private|access|(?:api|access|private|secret)[-_ ]?(?:key|token|code)|(?<![\w-])key)(?:\s{1,2}(?:is|ist|est|es))?[\s:=.-]{1,3}(?<secret>(?!(?:secret|token|private|access|key)[-_])${UNGUESSABLE}(?![\w-]))`,
      'gi',
    ),
  },
  {
    // The same on a line of its own, behind a sentence that ends with a colon.
    id: 'secret-on-the-next-line',
    hint: /(?:pass(?:word|phrase|code)|token|secret|key)\b[^\n]{0,120}:\s{0,40}\n/,
    pattern: new RegExp(
      String.raw`\b(?:pass(?:word|phrase|code)|token|secret|key)\b[^\n]{0,120}:[ \t\r]{0,8}\n\s{0,40}(?<secret>${UNGUESSABLE})(?=[ \t\r]{0,8}(?:\n|$))`,
      'gi',
    ),
  },
  {
    // The only text that the client of a service is given: `new MailApi("5d41…")`.
    id: 'key-of-a-client',
    hint: /(?:api|client|auth|key|token|sdk)\(/,
    pattern: new RegExp(
      String.raw`(?:api|client|auth|key|token|sdk)\(\s{0,8}["'](?<secret>${UNGUESSABLE})(?=["']\s{0,8}[,)])`,
      'gi',
    ),
  },
  {
    // Hashes of passwords (crypt(5)) and of tickets, which are broken by guessing.
    id: 'password-hash',
    hint: /\$(?:1|2[abxy]?|[5-9]|y|gy|apr1|sha1|md5|argon2\w{1,2}|scrypt|pbkdf2[\w-]*|krb5\w+)\$/,
    pattern:
      /(?<secret>\$(?:1|2[abxy]?|[5-9]|y|gy|apr1|sha1|md5|argon2\w{1,2}|scrypt|pbkdf2[\w-]{0,20}|krb5\w{1,20})\$(?:[\w./+=,*@-]{1,128}\$){0,5}[A-Za-z0-9./+=]{20,4096})/g,
    certain: true,
  },
  {
    id: 'said-in-quotes',
    hint: /pass(?:word|phrase|code|wort)\b/,
    pattern:
      /\b(?<name>pass(?:word|phrase|code|wort))\b[^\n,;:.]{0,50}?\s(?:is|ist|to)\s{1,2}["'`](?<secret>[^\s"'`]{4,128})(?=["'`])/gi,
  },
  {
    id: 'telegram-bot',
    hint: /:aa[\w-]{33}/,
    pattern: /(?<!\d)(?<secret>\d{8,12}:AA[\w-]{33,})/g,
    certain: true,
  },
  {
    // A slash counts only in a password that cannot be a port: `amqp://u:p/w@h`, not `http://h:8080/@user`.
    id: 'url-password',
    hint: /:\/\//,
    pattern:
      /:\/\/[^\s/:@?#"<>]{0,256}:(?!\d{1,5}\/)(?<secret>(?:[^\s/?#"<>]{1,256}(?=@)|[^\s"<>@]{1,256}(?=@[\w.-])))/g,
    certain: true,
  },
  {
    id: 'cvs-root',
    hint: /server:/,
    pattern: /:[pgk]?server:[^\s:@]{1,128}:(?<secret>[^\s@"']{1,256})(?=@)/g,
    certain: true,
  },
  {
    // A URL with only one part before the `@` has a token there; `git` is a common user name.
    id: 'url-token',
    hint: /https?:\/\//,
    pattern: /\bhttps?:\/\/(?!git@)(?<secret>[^\s/:@?#"'<>]{1,512})(?=@[\w[$])/gi,
    certain: true,
  },
  {
    id: 'header',
    hint: /authorization|cookie|key|token|secret|auth/,
    pattern:
      /^(?:-H|[\w.-]{1,64}=)?(?:(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]{0,40}(?:auth|key|token|secret)|(?:private|job|deploy|vault|circle)-token|api-?key)\s{0,4}:|[\w-]{0,40}(?:api-?key|token|secret)\s{0,4}:\s)\s{0,4}(?:(?:bearer|basic|token|digest|apikey|negotiate)\s{1,4})?(?!(?:bearer|basic|token|digest)$)(?<secret>\S[^\n]*)/gim,
  },
  {
    id: 'header-in-text',
    hint: /authorization|cookie|key|token|secret|auth/,
    pattern:
      /(?<![\w/-])(?:(?:proxy-)?authorization|x-[\w-]{0,40}(?:auth|key|token|secret)|(?:private|job|deploy)-token)['"]?\s{0,4}:\s{0,4}['"]?(?:(?:bearer|basic|token|digest|apikey|negotiate)\s{1,4})?(?!(?:bearer|basic|token|digest)['"]?$)(?<secret>[^\s'"](?:[^'"\n]|(?<=[,\s][a-z]{2,12}=)"[^"\n]*"?)*)/gi,
  },
  {
    // Who knows the last part of such an address may stream there.
    id: 'stream-address',
    hint: /rtmps?:\/\/[^\s/]{1,253}\/(?:app|live2?|rtmp|x)\//,
    pattern: /\brtmps?:\/\/[^\s/]{1,253}\/(?:app|live2?|rtmp|x)\/(?<secret>[\w?&=.-]{6,512})/gi,
    certain: true,
  },
  {
    id: 'url-parameter',
    hint: /[?&](?:key|[\w-]*sig(?:nature)?|code)=/,
    pattern:
      /[?&](?:(?:[\w-]{1,40}-)?sig(?:nature)?=|key=(?=[^&]{8})|code=(?=[^&]{20}))(?<secret>[^\s&'"#]+)/gi,
  },
  ...FIELD_SHAPES,
  ...ACCOUNT_SHAPES,
]
