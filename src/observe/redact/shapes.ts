// Finds secrets by their form, whatever the tool: one row for each form.
import { UNGUESSABLE } from './names.ts'
import { TOKEN, TOKEN_HINT } from './tokens.ts'

export interface Shape {
  /** Stable name in kebab-case. */
  readonly id: string
  /** Quick test for a line in lower case; a line that it does not match cannot have the secret. */
  readonly hint: RegExp
  /** Whether another quick test finds all these lines already, because they have the name of a secret or of a tool. */
  readonly implied: boolean
  /**
   * Global. The group `secret`, at the end of the match, is the secret; a group `name` must announce it. Takes linear time:
   * every repetition is bounded, or cannot begin again where it began, or ends the pattern.
   */
  readonly pattern: RegExp
  /** It is searched in messages that people write for people, too. */
  readonly certain: boolean
}

/** A part of a path that is a UUID, or has eighteen letters and digits in a row. */
const UNGUESSED = String.raw`(?=[\w@.-]{0,80}?(?:[0-9a-f]{8}-[0-9a-f]{4}-|(?=[A-Za-z]{0,40}\d)(?=\d{0,40}[A-Za-z])[A-Za-z0-9]{18}))[\w@.-]{16,200}`

/**
 * Two lines each: the name, what else is to be said of the form, and behind `: ` the quick test; then the form itself, in which
 * `<<…>>` is the secret. `as-typed` forms hold only in these capitals, `by-line` ones have `^` and `$` at each line. In both lines, but
 * not in brackets, a blank stands for one to eight blanks of any kind, or with `?` behind it for none to eight, `\h` for blanks within a line,
 * `"` for either mark of a quote, NAME for a name that must announce the secret, and WORD for any word.
 *
 * Some explained: hook-address, stream-address: who knows such an address may write there. hook-of-any-service: the same where a
 * part of the address is one that nobody could guess. password-of-a-call: the last text of a call beside a person's name.
 * digest-called-secret: what could be a digest or an id, and is called a secret; secret-on-the-next-line: the same below a sentence that
 * ends with a colon. password-hash: crypt(5), and tickets, which are broken by guessing. url-password: a slash counts only in a password
 * that cannot be a port, `amqp://u:p/w@h`. url-token: only one part stands before the `@`, and `git` is a common user's name.
 */
const ANYWHERE = String.raw`
  jwt certain as-typed: eyj
    (?<![\w-])<<eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*>>
  hook-address certain as-typed: hooks\.slack\.com|webhook|hooks\.zapier\.com
    (?:hooks\.slack\.com/(?:services|workflows|triggers)/|hooks\.zapier\.com/hooks/catch/|\.tines\.com/webhook/|/api/webhooks/\d{1,24}/)<<[\w/@-]{16,}>>
  hook-of-any-service certain: hooks?(?:b2)?/|/with/key/|hc-ping\.com/
    //(?:hc-ping\.com|[^\s"'<>]{1,160}?(?:/(?:incoming-?)?(?:web)?hooks?(?:b2)?|/with/key))/(?:[\w.@-]{1,60}/){0,4}?<<${UNGUESSED}(?:(?:/[\w.@-]{1,60}){0,2}/${UNGUESSED}){0,4}>>
  password-of-a-call as-typed: (?:credential|auth|directoryentry|getconnection|mysqli?\w*|pdo|login|authenticate)s?\(
    (?:(?:DirectoryEntry|getConnection|mysqli?(?:_\w{0,4}connect)?|PDO)\((?:\s{0,40}"[^"'\n]{0,200}" ?,){2}|(?:(?:PS|Network|UsernamePassword)Credentials?|(?:Basic|Digest|Proxy|basic_?)[Aa]uth|\.(?:login|authenticate))\(\s{0,40}"[^"'\n]{0,200}" ?,)\s{0,40}"<<[^"'\n]{1,200}>>(?=" ?[,)])
  digest-called-secret: (?:secret|token|private|access|key)[\s:=.-]
    (?:secret|token|private|access|(?:api|access|private|secret)[-_ ]?(?:key|token|code)|(?<![\w-])key)(?: (?:is|ist|est|es))?[\s:=.-]{1,3}<<(?!(?:secret|token|private|access|key)[-_])${UNGUESSABLE}(?![\w-])>>
  secret-on-the-next-line: (?:pass(?:word|phrase|code)|token|secret|key)\b[^\n]{0,120}:\s{0,40}\n
    \b(?:pass(?:word|phrase|code)|token|secret|key)\b[^\n]{0,120}:[ \t\r]{0,8}\n\s{0,40}<<${UNGUESSABLE}>>(?=[ \t\r]{0,8}(?:\n|$))
  key-of-a-client: (?:api|client|auth|key|token|sdk)\(
    (?:api|client|auth|key|token|sdk)\( ?"<<${UNGUESSABLE}>>(?=" ?[,)])
  password-hash certain as-typed: \$(?:1|2[abxy]?|[5-9]|y|gy|apr1|sha1|md5|argon2\w{1,2}|scrypt|pbkdf2[\w-]*|krb5\w+)\$
    <<\$(?:1|2[abxy]?|[5-9]|y|gy|apr1|sha1|md5|argon2\w{1,2}|scrypt|pbkdf2[\w-]{0,20}|krb5\w{1,20})\$(?:[\w./+=,*@-]{1,128}\$){0,5}[A-Za-z0-9./+=]{20,4096}>>
  said-in-quotes: pass(?:word|phrase|code|wort)\b
    \b(?<name>pass(?:word|phrase|code|wort))\b[^\n,;:.]{0,50}?\s(?:is|ist|to) ["'\x60]<<[^\s"'\x60]{4,128}>>(?=["'\x60])
  telegram-bot certain as-typed: :aa[\w-]{33}
    (?<!\d)<<\d{8,12}:AA[\w-]{33,}>>
  url-password certain: ://
    ://[^\s/:@?#"<>]{0,256}:(?!\d{1,5}/)<<(?:[^\s/?#"<>]{1,256}(?=@)|[^\s"<>@]{1,256}(?=@[\w.-]))>>
  cvs-root certain as-typed: server:
    :[pgk]?server:[^\s:@]{1,128}:<<[^\s@"']{1,256}>>(?=@)
  url-token certain: https?://
    \bhttps?://(?!git@)<<[^\s/:@?#"'<>]{1,512}>>(?=@[\w[$])
  header by-line: authorization|cookie|key|token|secret|auth
    ^(?:-H|[\w.-]{1,64}=)?(?:(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]{0,40}(?:auth|key|token|secret)|(?:private|job|deploy|vault|circle)-token|api-?key) ?:|[\w-]{0,40}(?:api-?key|token|secret) ?:\s) ?(?:(?:bearer|basic|token|digest|apikey|negotiate) )?(?!(?:bearer|basic|token|digest)$)<<\S[^\n]*>>
  header-in-text: authorization|cookie|key|token|secret|auth
    (?<![\w/-])(?:(?:proxy-)?authorization|x-[\w-]{0,40}(?:auth|key|token|secret)|(?:private|job|deploy)-token)"? ?: ?"?(?:(?:bearer|basic|token|digest|apikey|negotiate) )?(?!(?:bearer|basic|token|digest)"?$)<<[^\s'"](?:[^'"\n]|(?<=[,\s][a-z]{2,12}=)["][^"\n]*["]?)*>>
  stream-address certain: rtmps?://[^\s/]{1,253}/(?:app|live2?|rtmp|x)/
    \brtmps?://[^\s/]{1,253}/(?:app|live2?|rtmp|x)/<<[\w?&=.-]{6,512}>>
  url-parameter: [?&](?:key|[\w-]*sig(?:nature)?|code)=
    [?&](?:(?:[\w-]{1,40}-)?sig(?:nature)?=|key=(?=[^&]{8})|code=(?=[^&]{20}))<<[^\s&'"#]+>>
`

/**
 * Fields of data and of other languages, in the syntax of each. yaml-named-value: lists of names and values, as Kubernetes and services for
 * CI keep variables. spaced-assignment: TOML, HCL, INI, make, jq and yq. docker-configuration: base 64 of `user:password`.
 * json-web-key: RFC 7517; the private part is named `d` (RFC 8037). xml-named-element: an attribute has the name; xml-name-and-value: the
 * name is in one element and the value in the next, as in Hadoop's properties and Apple's lists.
 */
const FIELDS = String.raw`
  json-string as-typed: " ?:
    "NAME" ?: ?"<<(?<=["])(?:[^"\\]|\\[\s\S])+|(?<=')[^']+>>
  json-bare as-typed: " ?:
    "NAME" ?: ?<<[\w.+-]+>>
  yaml-field as-typed by-line: :[ \t]
    ^[ \t-]{0,80}NAME:[ \t]{1,80}(?![|>][+-]?\d?[ \t]*$)<<[^\s#][^\n]*>>
  yaml-block as-typed by-line: :\h[|>]
    ^[ \t-]{0,80}NAME:\h[|>][+-]?\d?\h?\n(?<indent>[ \t]{1,80})<<[^\n]+(?:\n\k<indent>[^\n]*)*>>
  yaml-named-value as-typed: value:
    \b(?:name|key):\h?"?NAME"?\h?\n[ \t]{0,80}value:\h?"?<<[^\s"'][^"'\n]*>>
  json-named-value: value"? ?[:=]
    \b(?:name|\w{0,20}key|id|variable)"? ?[:=] ?"?NAME"? ?, ?"?\w{0,20}value"? ?[:=] ?"?<<(?<=["])[^"]+|(?<=')[^']+|(?<==)[^\s"',}]+>>
  spaced-assignment as-typed: [\w"'\]]\h[:?+!.]{0,3}=[ \t]
    (?<![\w.-])NAME\h(?::{1,3}|[?+!.])?=\h["]?<<(?<=["])[^"\n]+|(?<=\s)[^\s"'$?%={}()[\]|;,][^\s"']*>>
  docker-configuration certain as-typed: "auths"
    "auth" ?: ?"<<[A-Za-z0-9+/=]+>>
  yaml-in-sed as-typed: /[\w.-]+:[ \t]
    (?<=/)NAME:\h<<[^\s/.$\\][^\n/]*>>
  json-path as-typed: "\]\h"
    \["NAME"\]\h["]<<[^"\n]+>>
  json-web-key certain as-typed: "kty"
    "d" ?: ?"<<[\w-]{40,}>>
  xml-element as-typed: </
    <NAME>\s{0,80}<<[^<\s][^<]*>>(?=</)
  xml-attributes: value ?=
    \b(?:key|name) ?= ?"NAME" value ?= ?"<<[^"'\n]+>>
  xml-named-element: (?:name|key|id) ?= ?"[^"']{1,64}"[^<>]{0,80}>
    \b(?:key|name|id) ?= ?"NAME"[^<>]{0,80}>\s{0,80}<<[^<\s][^<]*>>(?=</)
  xml-name-and-value: </(?:name|key)>
    <(?:name|key)> ?NAME ?</(?:name|key)>\s{0,80}<(?:value|string|data)>\s{0,80}<<[^<\s][^<]*>>(?=</)
  debconf as-typed: passw
    \b[\w/-]{0,80}passw(?:or)?d(?:[_-]again)? password <<[^\s'"]+>>
  wifi-code certain as-typed: wifi:
    \bWIFI:(?:[STHR]:[^;]{0,80};){0,4}P:<<(?:[^;\\]|\\.)+>>
`

/** Beginnings of the quoted secret: `PASSWORD`, `IDENTIFIED BY`, `SET PASSWORD FOR x`, with the words that may follow. */
const SQL_PASSWORD = String.raw`\b(?:password|passwd|identified by(?: password)?|identified with [\w'"]{1,40} (?:by|as)|password for [^\s=]{1,80})(?: ?[=(]|\s) ?(?:password ?\( ?)?`

/**
 * Files, statements and sessions that hold accounts. ftp-session: RFC 959. user-and-password: fetchmail, msmtp and network devices. pgpass:
 * `host:port:database:user:password`, in a line that names the file or a port of PostgreSQL. connection-string: `PWD`, which is the
 * working directory as a variable. user-field: curl's configuration, `user = "bob:pw"`. ftp-user: commands of ftp and lftp.
 * expect-send: what is sent behind a prompt for a password. sql-identified-bare: Oracle's statement. sql-pragma-key: SQLCipher.
 * sql-insert: the last value, if the last column is a password; other columns are not compared with their values. json-manifest: of a
 * Kubernetes secret. text-piped: `'x' | ConvertTo-SecureString`, and Ansible's filter `{{ 'x' | password_hash }}`.
 */
const ACCOUNTS = String.raw`
  netrc certain implied as-typed: login\s|machine\s
    \b(?:login WORD|machine WORD(?: account WORD)?) password <<[^\s'"]+>>
  ftp-session certain: pass\s
    \bUSER WORD ?\n(?:quote )?PASS <<\S+>>
  user-and-password implied: user(?:name)? WORD (?:with|privilege|pass|secret)
    \buser(?:name)? "?[^\s"']{1,128}"? (?:(?:with|privilege \d{1,2}) )?(?:pass(?:word|wd)?|secret) (?:\d )?"?<<(?:(?<=["'])|(?=[^\s'";]{0,60}[\d!@#%^&*_]))[^\s'";]+>>
  pgpass by-line: pgpass|:(?:5432|5433|6432|\*):
    (?<![\w:/.])(?:[\w.*-]{1,253}|\[[0-9a-f:]{2,40}\]):(?:\d{2,5}|\*):[\w.*-]{1,64}:[\w.*@-]{1,64}:<<(?!\*)[^\s"'\\]+>>
  connection-string implied: ; ?pwd ?=
    \w ?=[^;\n]{0,200}; ?pwd ?= ?(?![/$~])<<[^\s;"']+>>
  user-field as-typed: (?:user ?=|-u\s) ?"?[^\s:"'=,;]{1,128}:
    (?:^|[\n;{,]) ?(?:-{0,2}(?:proxy-)?user ?=|-u\s) ?"?[^\s:"'=,;]{1,128}:(?!\d{1,5}(?!\S)|//)<<[^\s"';,]+>>
  sasl-passwords as-typed by-line: sasl
    ^\S{1,253}\h[^\s:]{1,128}:<<\S+>>$
  ppp-secrets as-typed by-line: (?:ch|p)ap-secrets
    ^\h?WORD\hWORD\h<<[^\s#]+>>(?=\h?(?:WORD\h?)?$)
  ftp-user implied as-typed: ftp
    (?:^|[\n;])\h?user\h[^\s;]{1,128}\h<<[^\s;]+>>
  redis-session implied as-typed: auth\s
    (?:^|[\n;])\h?AUTH\h(?!(?:LOGIN|PLAIN|NTLM|CRAM-MD5|TLS|SSL)\b)(?:WORD\h)?<<\S+>>(?=\h?(?:\r?\n|$))
  expect-send: (?:ass(?:w|phrase|code)|pin|oken|ecret)[^{}]{0,60}\{?[\s\\]{0,12}[\w.]{0,12}send
    (?:ass(?:w(?:or)?d|phrase|code)|\bPIN|oken|ecret)[^"'\n{}]{0,20}[*"'})\]\\]{0,8}[;,)\s{]{0,12}(?:\w{1,12}\.)?send(?:line)?[\s(]{1,8}(?:-{1,2}\w{0,8} ){0,3}\\{0,2}"<<[^"'\\\n$][^"'\\\n]*>>
  sql-identified-bare: identified\s
    \b(?:user|role|to) WORD identified by (?:values )?"?<<[^\s"';]+>>
  sql-connect implied: conn(?:ect)?\s
    (?:^|[\n;])\h?conn(?:ect)?\h(?:[\w.$#]{1,64}/(?=[^/])|to\hWORD\huser\hWORD\husing\h"?)<<[^\s@"';]+>>
  sql-dollar-quoted: password \\?\$
    \bpassword \$(?:\w{0,20}\$)<<[^$]+>>
  sql-pragma-key: pragma (?:re)?key
    \bpragma (?:re)?key ?= ?"<<[^"'\n]+>>
  sql-insert: passw(?:or)?d\W{0,4}\) ?values
    \bpassw(?:or)?d["'\x60]? ?\) ?values ?\([^()\n]{0,400}[,(] ?(?:\w{1,20}\( ?)?"<<[^"'\n]+>>(?=" ?\))
  password-call: (?:passw\w{0,10}|bcrypt|auth\w{0,10}|login) ?\(|sp_(?:addlogin|password)\s
    (?:\b(?:\w{0,20}(?:set|change|update|reset|check|verify|hash|encrypt|make)\w{0,10}_?pass(?:word|wd)?|bcrypt|db\.auth|authenticate|login) ?\( ?|\bsp_(?:addlogin|password) )(?:"[^"'\n]{0,64}" ?, ?)?"<<[^"'\n]+>>(?=" ?[),;]|"$)
  json-manifest as-typed: "stringdata"|"kind" ?: ?"secret"
    (?<="(?:stringData|data)" ?: ?\{[^{}]{0,2000})"[\w.-]{1,128}" ?: ?["]<<(?:[^"\\]|\\.)+>>
  text-piped: convertto-securestring|password_hash
    "<<[^"'\n]+>>(?=" ?\| ?(?:ConvertTo-SecureString|password_hash))
  powershell-credential implied: securestring|credential
    (?:ConvertTo-SecureString (?:-(?:String|AsPlainText) )?|(?:PS|Network)Credential ?\( ?"[^"'\n]{0,128}" ?, ?(?:\(ConvertTo-SecureString )?)"?<<(?<=["'])[^"'\n]+|(?<!["'])[^\s"'()|$-][^\s"'()|]*>>
  sql-single-quoted: password|passwd|identified
    ${SQL_PASSWORD}'<<(?:[^'\\]|\\[\s\S]|'')+>>
  sql-double-quoted: password|passwd|identified
    ${SQL_PASSWORD}["]<<(?:[^"\\]|\\[\s\S])+>>
`

const SIGNS: Readonly<Record<string, string>> = {
  ' ': String.raw`\s{1,8}`,
  ' ?': String.raw`\s{0,8}`,
  '\\h': String.raw`[ \t]{1,20}`,
  '\\h?': String.raw`[ \t]{0,20}`,
  '"': `["']`,
  '<<': '(?<secret>',
  '>>': ')',
  NAME: String.raw`(?<name>[\w.-]{1,64})`,
  WORD: String.raw`\S{1,128}`,
}

/** The pattern that such a line stands for. Brackets, and what follows a backslash, stay as they are. */
const patternOf = (line: string, flags?: string): RegExp =>
  new RegExp(
    line.replace(/\[(?:\\.|[^\]\\])*\]|\\h\??|\\.| \??|"|<<|>>|NAME|WORD/g, (sign) => SIGNS[sign] ?? sign),
    flags,
  )

const shapesIn = (rows: string): readonly Shape[] =>
  [...rows.matchAll(/^ {2}([\w-]+)((?: [a-z-]+)*): (.+)\n {4}(.+)$/gm)].map(
    ([, id = '', said = '', hint = '', form = '']) => ({
      id,
      hint: patternOf(hint),
      implied: said.includes('implied'),
      pattern: patternOf(
        form,
        `g${said.includes('as-typed') ? '' : 'i'}${said.includes('by-line') ? 'm' : ''}`,
      ),
      certain: said.includes('certain'),
    }),
  )

export const SHAPES: readonly Shape[] = [
  { id: 'known-token', hint: TOKEN_HINT, implied: false, pattern: TOKEN, certain: true },
  ...[ANYWHERE, FIELDS, ACCOUNTS].flatMap(shapesIn),
]
