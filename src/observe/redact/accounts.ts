// Finds secrets beside a user's name, in files and statements that hold accounts: netrc, pgpass, SQL and more.
import type { Shape } from './shape.ts'

const SQL_HINT = /password|passwd|identified/
/**
 * Beginnings of the quoted secret: `PASSWORD`, `IDENTIFIED BY`, `SET PASSWORD FOR x`, with the words that may follow.
 */
const SQL_PASSWORD = String.raw`\b(?:password|passwd|identified\s{1,8}by(?:\s{1,8}password)?|identified\s{1,8}with\s{1,8}[\w'"]{1,40}\s{1,8}(?:by|as)|password\s{1,8}for\s{1,8}[^\s=]{1,80})(?:\s{0,8}[=(]|\s)\s{0,8}(?:password\s{0,2}\(\s{0,8})?`

export const ACCOUNT_SHAPES: readonly Shape[] = [
  {
    id: 'netrc',
    hint: /login\s|machine\s/,
    implied: true,
    pattern:
      /\b(?:login\s{1,8}\S{1,128}|machine\s{1,8}\S{1,128}(?:\s{1,8}account\s{1,8}\S{1,128})?)\s{1,8}password\s{1,8}(?<secret>[^\s'"]+)/g,
    certain: true,
  },
  {
    // A session of FTP (RFC 959).
    id: 'ftp-session',
    hint: /pass\s/,
    pattern: /\bUSER\s{1,8}\S{1,128}\s{0,4}\n(?:quote\s{1,8})?PASS\s{1,8}(?<secret>\S+)/gi,
    certain: true,
  },
  {
    // fetchmail, msmtp and network devices: `user bob password x`.
    id: 'user-and-password',
    hint: /user(?:name)?\s{1,8}\S{1,128}\s{1,8}(?:with|privilege|pass|secret)/,
    implied: true,
    pattern:
      /\buser(?:name)?\s{1,8}["']?[^\s"']{1,128}["']?\s{1,8}(?:(?:with|privilege\s{1,4}\d{1,2})\s{1,4})?(?:pass(?:word|wd)?|secret)\s{1,8}(?:\d\s{1,4})?["']?(?<secret>(?:(?<=["'])|(?=[^\s'";]{0,60}[\d!@#%^&*_]))[^\s'";]+)/gi,
  },
  {
    // The form of the file, `host:port:database:user:password`, in a line that names the file or a port of PostgreSQL.
    id: 'pgpass',
    hint: /pgpass|:(?:5432|5433|6432|\*):/,
    pattern:
      /(?<![\w:/.])(?:[\w.*-]{1,253}|\[[0-9a-f:]{2,40}\]):(?:\d{2,5}|\*):[\w.*-]{1,64}:[\w.*@-]{1,64}:(?<secret>(?!\*)[^\s"'\\]+)/gim,
  },
  {
    // `PWD` of a connection string, which is the working directory as a variable.
    id: 'connection-string',
    hint: /;\s{0,4}pwd\s{0,4}=/,
    implied: true,
    pattern: /\w\s{0,4}=[^;\n]{0,200};\s{0,4}pwd\s{0,4}=\s{0,4}(?![/$~])(?<secret>[^\s;"']+)/gi,
  },
  {
    // curl's configuration: `user = "bob:pw"`.
    id: 'user-field',
    hint: /(?:user\s{0,4}=|-u\s)\s{0,4}["']?[^\s:"'=,;]{1,128}:/,
    pattern:
      /(?:^|[\n;{,])\s{0,8}(?:-{0,2}(?:proxy-)?user\s{0,4}=|-u\s)\s{0,4}["']?[^\s:"'=,;]{1,128}:(?!\d{1,5}(?!\S)|\/\/)(?<secret>[^\s"';,]+)/g,
  },
  {
    id: 'sasl-passwords',
    hint: /sasl/,
    pattern: /^\S{1,253}[ \t]{1,8}[^\s:]{1,128}:(?<secret>\S+)$/gm,
  },
  {
    id: 'ppp-secrets',
    hint: /(?:ch|p)ap-secrets/,
    pattern:
      /^[ \t]{0,8}\S{1,128}[ \t]{1,20}\S{1,128}[ \t]{1,20}(?<secret>[^\s#]+)(?=[ \t]{0,20}(?:\S{1,64}[ \t]{0,20})?$)/gm,
  },
  {
    // ftp's and lftp's own commands.
    id: 'ftp-user',
    hint: /ftp/,
    implied: true,
    pattern: /(?:^|[\n;])[ \t]{0,8}user[ \t]{1,8}[^\s;]{1,128}[ \t]{1,8}(?<secret>[^\s;]+)/g,
  },
  {
    id: 'redis-session',
    hint: /auth\s/,
    implied: true,
    pattern:
      /(?:^|[\n;])[ \t]{0,8}AUTH[ \t]{1,8}(?!(?:LOGIN|PLAIN|NTLM|CRAM-MD5|TLS|SSL)\b)(?:\S{1,128}[ \t]{1,8})?(?<secret>\S+)(?=[ \t]{0,8}(?:\r?\n|$))/g,
  },
  {
    // The text that expect sends after it waited for a password prompt.
    id: 'expect-send',
    hint: /(?:ass(?:w|phrase|code)|pin|oken|ecret)[^{}]{0,60}\{?[\s\\]{0,12}[\w.]{0,12}send/,
    pattern:
      /(?:ass(?:w(?:or)?d|phrase|code)|\bPIN|oken|ecret)[^"'\n{}]{0,20}[*"'})\]\\]{0,8}[;,)\s{]{0,12}(?:\w{1,12}\.)?send(?:line)?[\s(]{1,8}(?:-{1,2}\w{0,8}\s{1,4}){0,3}\\{0,2}["'](?<secret>[^"'\\\n$][^"'\\\n]*)/gi,
  },
  {
    // Oracle's statement, which has no quotes around the password.
    id: 'sql-identified-bare',
    hint: /identified\s/,
    pattern:
      /\b(?:user|role|to)\s{1,8}\S{1,128}\s{1,8}identified\s{1,8}by\s{1,8}(?:values\s{1,8})?["']?(?<secret>[^\s"';]+)/gi,
  },
  {
    id: 'sql-connect',
    hint: /conn(?:ect)?\s/,
    implied: true,
    pattern:
      /(?:^|[\n;])[ \t]{0,8}conn(?:ect)?[ \t]{1,8}(?:[\w.$#]{1,64}\/(?=[^/])|to[ \t]{1,8}\S{1,64}[ \t]{1,8}user[ \t]{1,8}\S{1,64}[ \t]{1,8}using[ \t]{1,8}["']?)(?<secret>[^\s@"';]+)/gi,
  },
  {
    id: 'sql-dollar-quoted',
    hint: /password\s{1,8}\\?\$/,
    pattern: /\bpassword\s{1,8}\$(?:\w{0,20}\$)(?<secret>[^$]+)/gi,
  },
  {
    // SQLCipher.
    id: 'sql-pragma-key',
    hint: /pragma\s{1,8}(?:re)?key/,
    pattern: /\bpragma\s{1,8}(?:re)?key\s{0,8}=\s{0,8}["'](?<secret>[^"'\n]+)/gi,
  },
  {
    // The last value, if the last column is a password; other columns are not compared with their values.
    id: 'sql-insert',
    hint: /passw(?:or)?d\W{0,4}\)\s{0,8}values/,
    pattern:
      /\bpassw(?:or)?d["'`]?\s{0,8}\)\s{0,8}values\s{0,8}\([^()\n]{0,400}[,(]\s{0,8}(?:\w{1,20}\(\s{0,4})?["'](?<secret>[^"'\n]+)(?=["']\s{0,8}\))/gi,
  },
  {
    // Functions that take a password, alone or behind a user's name.
    id: 'password-call',
    hint: /(?:passw\w{0,10}|bcrypt|auth\w{0,10}|login)\s{0,4}\(|sp_(?:addlogin|password)\s/,
    pattern:
      /(?:\b(?:\w{0,20}(?:set|change|update|reset|check|verify|hash|encrypt|make)\w{0,10}_?pass(?:word|wd)?|bcrypt|db\.auth|authenticate|login)\s{0,4}\(\s{0,4}|\bsp_(?:addlogin|password)\s{1,4})(?:["'][^"'\n]{0,64}["']\s{0,4},\s{0,4})?["'](?<secret>[^"'\n]+)(?=["']\s{0,4}[),;]|["']$)/gi,
  },
  {
    // Values in Kubernetes secrets written as JSON.
    id: 'json-manifest',
    hint: /"stringdata"|"kind"\s{0,4}:\s{0,4}"secret"/,
    pattern:
      /(?<="(?:stringData|data)"\s{0,4}:\s{0,4}\{[^{}]{0,2000})"[\w.-]{1,128}"\s{0,4}:\s{0,4}"(?<secret>(?:[^"\\]|\\.)+)/g,
  },
  {
    // A text that goes into PowerShell's command or Ansible's filter: `'x' | ConvertTo-SecureString`, `{{ 'x' | password_hash }}`.
    id: 'text-piped',
    hint: /convertto-securestring|password_hash/,
    pattern: /["'](?<secret>[^"'\n]+)(?=["']\s{0,4}\|\s{0,4}(?:ConvertTo-SecureString|password_hash))/gi,
  },
  {
    id: 'powershell-credential',
    hint: /securestring|credential/,
    implied: true,
    pattern:
      /(?:ConvertTo-SecureString\s{1,8}(?:-(?:String|AsPlainText)\s{1,8})?|(?:PS|Network)Credential\s{0,4}\(\s{0,4}["'][^"'\n]{0,128}["']\s{0,4},\s{0,4}(?:\(ConvertTo-SecureString\s{1,8})?)["']?(?<secret>(?<=["'])[^"'\n]+|(?<!["'])[^\s"'()|$-][^\s"'()|]*)/gi,
  },
  {
    id: 'sql-single-quoted',
    hint: SQL_HINT,
    pattern: new RegExp(String.raw`${SQL_PASSWORD}'(?<secret>(?:[^'\\]|\\[\s\S]|'')+)`, 'gi'),
  },
  {
    id: 'sql-double-quoted',
    hint: SQL_HINT,
    pattern: new RegExp(String.raw`${SQL_PASSWORD}"(?<secret>(?:[^"\\]|\\[\s\S])+)`, 'gi'),
  },
]
