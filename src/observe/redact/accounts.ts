// Secrets beside a user's name, in the files and statements that hold accounts: netrc, pgpass, SQL and more.
import type { Shape } from './shape.ts'

const SQL_HINT = /password|passwd|identified/
/** `PASSWORD`, `IDENTIFIED BY`, `SET PASSWORD FOR x`, and what may stand before the quoted secret. */
const SQL_PASSWORD = String.raw`\b(?:password|passwd|identified\s{1,8}by(?:\s{1,8}password)?|identified\s{1,8}with\s{1,8}[\w'"]{1,40}\s{1,8}(?:by|as)|password\s{1,8}for\s{1,8}[^\s=]{1,80})(?:\s{0,8}[=(]|\s)\s{0,8}(?:password\s{0,2}\(\s{0,8})?`

export const ACCOUNT_SHAPES: readonly Shape[] = [
  {
    id: 'netrc',
    hint: /login\s|machine\s/,
    implied: true,
    pattern:
      /\b(?:login\s{1,8}\S{1,128}|machine\s{1,8}\S{1,128}(?:\s{1,8}account\s{1,8}\S{1,128})?)\s{1,8}password\s{1,8}(?<secret>[^\s'"]+)/g,
    certain: true,
    redacts: ["echo 'machine h login me password «pw»' >> ~/.netrc"],
    keeps: ['echo "the login and the password are the same"'],
  },
  {
    // RFC 959.
    id: 'ftp-session',
    hint: /pass\s/,
    pattern: /\bUSER\s{1,8}\S{1,128}\s{0,4}\n(?:quote\s{1,8})?PASS\s{1,8}(?<secret>\S+)/gi,
    certain: true,
    redacts: ['ftp -n h <<E\nquote USER me\nquote PASS «pw»\nE'],
    keeps: ["printf 'PASS test\n'"],
  },
  {
    // fetchmail, msmtp, network devices: `user bob password x`.
    id: 'user-and-password',
    hint: /user(?:name)?\s{1,8}\S{1,128}\s{1,8}(?:with|privilege|pass|secret)/,
    implied: true,
    pattern:
      /\buser(?:name)?\s{1,8}["']?[^\s"']{1,128}["']?\s{1,8}(?:(?:with|privilege\s{1,4}\d{1,2})\s{1,4})?(?:pass(?:word|wd)?|secret)\s{1,8}(?:\d\s{1,4})?["']?(?<secret>(?:(?<=["'])|(?=[^\s'";]{0,60}[\d!@#%^&*_]))[^\s'";]+)/gi,
    certain: false,
    redacts: [
      `echo 'poll h user "bob" pass "«pw»"' > ~/.fetchmailrc`,
      'ssh r1 "username bob privilege 15 secret «hunter2»"',
    ],
    keeps: ["echo 'a user chooses secret words'", "echo 'the user account password policy'"],
  },
  {
    // The file's own form, `host:port:database:user:password`, where the line names it or a port of PostgreSQL.
    id: 'pgpass',
    hint: /pgpass|:(?:5432|5433|6432|\*):/,
    pattern:
      /(?<![\w:/.])(?:[\w.*-]{1,253}|\[[0-9a-f:]{2,40}\]):(?:\d{2,5}|\*):[\w.*-]{1,64}:[\w.*@-]{1,64}:(?<secret>(?!\*)[^\s"'\\]+)/gim,
    certain: false,
    redacts: ["echo 'db:5432:shop:app:«pw»' >> ~/.pgpass", 'echo "*:*:*:app:«pw»" > ~/.pgpass'],
    keeps: ['docker run -p 127.0.0.1:5432:5432 postgres', 'chmod 600 ~/.pgpass'],
  },
  {
    // curl's configuration: `user = "bob:pw"`.
    id: 'user-field',
    hint: /(?:user\s{0,4}=|-u\s)\s{0,4}["']?[^\s:"'=,;]{1,128}:/,
    pattern:
      /(?:^|[\n;{,])\s{0,8}(?:-{0,2}(?:proxy-)?user\s{0,4}=|-u\s)\s{0,4}["']?[^\s:"'=,;]{1,128}:(?!\d{1,5}(?!\S)|\/\/)(?<secret>[^\s"';,]+)/g,
    certain: false,
    redacts: [`echo 'user = "bob:«pw»"' >> ~/.curlrc`, "echo '-u bob:«pw»' >> ~/.curlrc"],
    keeps: ['echo "user = bob" >> ~/.curlrc', "echo 'user = 1000:1000' >> x.conf", 'user=1000:1000 ./x'],
  },
  {
    id: 'sasl-passwords',
    hint: /sasl/,
    pattern: /^\S{1,253}[ \t]{1,8}[^\s:]{1,128}:(?<secret>\S+)$/gm,
    certain: false,
    redacts: ["echo '[smtp.corp]:587 bob:«pw»' >> /etc/postfix/sasl_passwd"],
    keeps: ['postmap /etc/postfix/sasl_passwd'],
  },
  {
    id: 'ppp-secrets',
    hint: /(?:ch|p)ap-secrets/,
    pattern:
      /^[ \t]{0,8}\S{1,128}[ \t]{1,20}\S{1,128}[ \t]{1,20}(?<secret>[^\s#]+)(?=[ \t]{0,20}(?:\S{1,64}[ \t]{0,20})?$)/gm,
    certain: false,
    redacts: ['cat > /etc/ppp/chap-secrets <<E\nbob * «pw» *\nE'],
    keeps: ['sudo chmod 600 /etc/ppp/chap-secrets'],
  },
  {
    // ftp's and lftp's own commands.
    id: 'ftp-user',
    hint: /ftp/,
    implied: true,
    pattern: /(?:^|[\n;])[ \t]{0,8}user[ \t]{1,8}[^\s;]{1,128}[ \t]{1,8}(?<secret>[^\s;]+)/g,
    certain: false,
    redacts: ["lftp -e 'user bob «pw»; ls' h", 'ftp -n h <<E\nuser bob «pw»\nE'],
    keeps: ["lftp -e 'user bob; ls' h"],
  },
  {
    id: 'redis-session',
    hint: /auth\s/,
    implied: true,
    pattern:
      /(?:^|[\n;])[ \t]{0,8}AUTH[ \t]{1,8}(?!(?:LOGIN|PLAIN|NTLM|CRAM-MD5|TLS|SSL)\b)(?:\S{1,128}[ \t]{1,8})?(?<secret>\S+)(?=[ \t]{0,8}(?:\r?\n|$))/g,
    certain: false,
    redacts: ['redis-cli <<< "AUTH «pw»"', 'echo "AUTH bob «pw»" | nc h 6379'],
    keeps: ['echo "AUTH LOGIN" | nc h 25', 'echo "AUTH is off for now"'],
  },
  {
    // Cisco and its like.
    id: 'network-device',
    hint: /enable\s{1,8}(?:secret|password)|snmp-server|username\s{1,8}\S{1,64}\s{1,8}(?:privilege|secret|password)/,
    pattern:
      /(?:^|[\n;])[ \t]{0,8}(?:enable[ \t]{1,8}(?:secret|password)|snmp-server[ \t]{1,8}community|username[ \t]{1,8}\S{1,64}[ \t]{1,8}(?:privilege[ \t]{1,8}\d{1,2}[ \t]{1,8})?(?:secret|password))[ \t]{1,8}(?:\d[ \t]{1,8})?(?<secret>\S+)/g,
    certain: false,
    redacts: ['cat > r.cfg <<E\nenable secret «pw»\nE'],
    keeps: ['cat > r.cfg <<E\nenable\nsnmp-server location x\nE'],
  },
  {
    // What is sent after a prompt for a password was awaited.
    id: 'expect-send',
    hint: /(?:ass(?:w|phrase|code)|pin|oken|ecret)[^{}]{0,60}\{?[\s\\]{0,12}[\w.]{0,12}send/,
    pattern:
      /(?:ass(?:w(?:or)?d|phrase|code)|\bPIN|oken|ecret)[^"'\n{}]{0,20}[*"'})\]\\]{0,8}[;,)\s{]{0,12}(?:\w{1,12}\.)?send(?:line)?[\s(]{1,8}(?:-{1,2}\w{0,8}\s{1,4}){0,3}\\{0,2}["'](?<secret>[^"'\\\n$][^"'\\\n]*)/gi,
    certain: false,
    redacts: [
      `expect -c 'expect "assword:"; send "«hunter2»\\r"'`,
      'expect <<E\nexpect {\n "*assword:*" { send -- "«pw\\r»" }\n}\nE',
      `python3 -c "c.expect('Password:'); c.sendline('«pw»')"`,
    ],
    keeps: [`expect -c 'expect "yes/no"; send "yes\\r"'`, `expect -c 'expect "assword:"; send "$pw\\r"'`],
  },
  {
    // Oracle: no quotes around it.
    id: 'sql-identified-bare',
    hint: /identified\s/,
    pattern:
      /\b(?:user|role|to)\s{1,8}\S{1,128}\s{1,8}identified\s{1,8}by\s{1,8}(?:values\s{1,8})?["']?(?<secret>[^\s"';]+)/gi,
    certain: false,
    redacts: ['sqlplus / as sysdba <<< "alter user bob identified by «pw»;"'],
    keeps: ["echo 'a user may be identified by name'"],
  },
  {
    id: 'sql-connect',
    hint: /conn(?:ect)?\s/,
    implied: true,
    pattern:
      /(?:^|[\n;])[ \t]{0,8}conn(?:ect)?[ \t]{1,8}(?:[\w.$#]{1,64}\/(?=[^/])|to[ \t]{1,8}\S{1,64}[ \t]{1,8}user[ \t]{1,8}\S{1,64}[ \t]{1,8}using[ \t]{1,8}["']?)(?<secret>[^\s@"';]+)/gi,
    certain: false,
    redacts: ['sqlplus /nolog <<E\nconnect bob/«pw»@db\nE', `db2 "connect to d user u using '«pw»'"`],
    keeps: ['sqlplus /nolog <<E\nconnect / as sysdba\nE'],
  },
  {
    id: 'sql-dollar-quoted',
    hint: /password\s{1,8}\\?\$/,
    pattern: /\bpassword\s{1,8}\$(?:\w{0,20}\$)(?<secret>[^$]+)/gi,
    certain: false,
    redacts: ["psql -c 'CREATE ROLE bob PASSWORD $$«a b»$$'"],
    keeps: ["psql -c 'CREATE ROLE bob PASSWORD $1'"],
  },
  {
    // SQLCipher.
    id: 'sql-pragma-key',
    hint: /pragma\s{1,8}(?:re)?key/,
    pattern: /\bpragma\s{1,8}(?:re)?key\s{0,8}=\s{0,8}["'](?<secret>[^"'\n]+)/gi,
    certain: false,
    redacts: [`sqlcipher x.db "PRAGMA key = '«a b»';"`],
    keeps: ['sqlite3 x.db "PRAGMA foreign_keys = 1"'],
  },
  {
    // The last value, where the last column is a password; columns in other places are not followed.
    id: 'sql-insert',
    hint: /passw(?:or)?d\W{0,4}\)\s{0,8}values/,
    pattern:
      /\bpassw(?:or)?d["'`]?\s{0,8}\)\s{0,8}values\s{0,8}\([^()\n]{0,400}[,(]\s{0,8}(?:\w{1,20}\(\s{0,4})?["'](?<secret>[^"'\n]+)(?=["']\s{0,8}\))/gi,
    certain: false,
    redacts: [`mysql -e "INSERT INTO users (name, password) VALUES ('bob', '«a b»')"`],
    keeps: [`mysql -e "INSERT INTO users (password, name) VALUES (NULL, 'bob')"`],
  },
  {
    // Functions that take a password, alone or behind a user's name.
    id: 'password-call',
    hint: /(?:passw\w{0,10}|bcrypt|auth\w{0,10}|login)\s{0,4}\(|sp_(?:addlogin|password)\s/,
    pattern:
      /(?:\b(?:\w{0,20}(?:set|change|update|reset|check|verify|hash|encrypt|make)\w{0,10}_?pass(?:word|wd)?|bcrypt|db\.auth|authenticate|login)\s{0,4}\(\s{0,4}|\bsp_(?:addlogin|password)\s{1,4})(?:["'][^"'\n]{0,64}["']\s{0,4},\s{0,4})?["'](?<secret>[^"'\n]+)(?=["']\s{0,4}[),;]|["']$)/gi,
    certain: false,
    redacts: [
      `mongosh --eval 'db.auth("bob", "«a b»")'`,
      `python -c "u.set_password('«a b»')"`,
      `sqlcmd -Q "EXEC sp_addlogin 'bob', '«pw»'"`,
    ],
    keeps: ["python -c 'u.set_password(pw)'", "grep -rn 'login(user)' src"],
  },
  {
    // Values of Kubernetes' secrets in JSON.
    id: 'json-manifest',
    hint: /"stringdata"|"kind"\s{0,4}:\s{0,4}"secret"/,
    pattern:
      /(?<="(?:stringData|data)"\s{0,4}:\s{0,4}\{[^{}]{0,2000})"[\w.-]{1,128}"\s{0,4}:\s{0,4}"(?<secret>(?:[^"\\]|\\.)+)/g,
    certain: false,
    redacts: [`kubectl patch secret x -p '{"stringData":{"a":"«b c»","d":"«e»"}}'`],
    keeps: [`kubectl patch cm x -p '{"data":{"a":"b"}}'`],
  },
  {
    id: 'powershell-piped',
    hint: /convertto-securestring/,
    pattern: /["'](?<secret>[^"'\n]+)(?=["']\s{0,4}\|\s{0,4}ConvertTo-SecureString)/gi,
    certain: false,
    redacts: [`pwsh -c '"«a b»" | ConvertTo-SecureString -AsPlainText -Force'`],
    keeps: ["pwsh -c '$x | ConvertTo-SecureString -AsPlainText -Force'"],
  },
  {
    id: 'powershell-credential',
    hint: /securestring|credential/,
    implied: true,
    pattern:
      /(?:ConvertTo-SecureString\s{1,8}(?:-(?:String|AsPlainText)\s{1,8})?|(?:PS|Network)Credential\s{0,4}\(\s{0,4}["'][^"'\n]{0,128}["']\s{0,4},\s{0,4}(?:\(ConvertTo-SecureString\s{1,8})?)["']?(?<secret>(?<=["'])[^"'\n]+|(?<!["'])[^\s"'()|$-][^\s"'()|]*)/gi,
    certain: false,
    redacts: [
      `pwsh -c '$p = ConvertTo-SecureString «"a b"» -AsPlainText -Force'`,
      `pwsh -c 'New-Object System.Net.NetworkCredential("bob", "«pw»")'`,
    ],
    keeps: ["pwsh -c '$p = ConvertTo-SecureString $x -AsPlainText'", "pwsh -c 'Get-Credential bob'"],
  },
  {
    id: 'sql-single-quoted',
    hint: SQL_HINT,
    pattern: new RegExp(String.raw`${SQL_PASSWORD}'(?<secret>(?:[^'\\]|\\[\s\S]|'')+)`, 'gi'),
    certain: false,
    redacts: [
      `psql -c "ALTER USER bob WITH PASSWORD '«x»'"`,
      `psql -c 'ALTER USER bob PASSWORD '"'«x»'"`,
      `mysql -e "CREATE USER a@h IDENTIFIED BY '«it''s»'; FLUSH PRIVILEGES"`,
      `mysql -e "ALTER USER a IDENTIFIED WITH caching_sha2_password BY '«x»'"`,
      `mysql -e "SET PASSWORD FOR 'a'@'h' = PASSWORD('«x»')"`,
      `psql <<EOF\ncreate role a login password '«x»';\nEOF`,
    ],
    keeps: [
      `psql -c "SELECT password FROM users WHERE name = 'bob'"`,
      `psql -c "ALTER USER bob PASSWORD '$PW'"`,
    ],
  },
  {
    id: 'sql-double-quoted',
    hint: SQL_HINT,
    pattern: new RegExp(String.raw`${SQL_PASSWORD}"(?<secret>(?:[^"\\]|\\[\s\S])+)`, 'gi'),
    certain: false,
    redacts: [`mysql -e 'CREATE USER a IDENTIFIED BY "«x»"'`],
    keeps: [`mysql -e 'SELECT "password" "x"'`],
  },
]
