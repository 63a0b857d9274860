// Secrets as fields of data and of other languages, in the syntax of each: JSON, YAML, XML, TOML, SQL and more.
import type { Shape } from './redact-shapes.ts'

const SQL_HINT = /password|passwd|identified/
/** `PASSWORD`, `IDENTIFIED BY`, `SET PASSWORD FOR x`, and what may stand before the quoted secret. */
const SQL_PASSWORD = String.raw`\b(?:password|passwd|identified\s{1,8}by(?:\s{1,8}password)?|identified\s{1,8}with\s{1,8}[\w'"]{1,40}\s{1,8}(?:by|as)|password\s{1,8}for\s{1,8}[^\s=]{1,80})(?:\s{0,8}[=(]|\s)\s{0,8}(?:password\s{0,2}\(\s{0,8})?`

export const FIELD_SHAPES: readonly Shape[] = [
  {
    id: 'json-string',
    hint: /["']\s{0,8}:/,
    pattern: /["'](?<name>[\w.-]{1,64})["']\s{0,8}:\s{0,8}"(?<secret>(?:[^"\\]|\\[\s\S])+)/g,
    certain: false,
    redacts: [
      `curl -d '{"user":"bob","password":"«pw»"}' http://x`,
      `curl -d "{\\"token\\": \\"«t1»\\"}" http://x`,
      `curl -d '{"apiKey" : "«a\\"b»", "x": 1}' http://x`,
      `cat > f <<EOF\n{ "db_password": "«pw»" }\nEOF`,
    ],
    keeps: [`curl -d '{"name":"token"}' http://x`, `curl -d "{\\"token\\": \\"$T\\"}" http://x`],
  },
  {
    id: 'json-single-quoted',
    hint: /["']\s{0,8}:/,
    pattern: /["'](?<name>[\w.-]{1,64})["']\s{0,8}:\s{0,8}'(?<secret>[^']+)/g,
    certain: false,
    redacts: [`python -c "x({'password': '«p w»'})"`],
    keeps: [`python -c "x({'name': 'token'})"`],
  },
  {
    id: 'json-bare',
    hint: /["']\s{0,8}:/,
    pattern: /["'](?<name>[\w.-]{1,64})["']\s{0,8}:\s{0,8}(?<secret>[\w.+-]+)/g,
    certain: false,
    redacts: [`curl -d '{"password": «12345»}' http://x`],
    keeps: [`curl -d '{"tokens": 5, "token": null, "secret": {"a": 1}}' http://x`],
  },
  {
    id: 'yaml-field',
    hint: /:[ \t]/,
    pattern: /^[ \t-]{0,80}(?<name>[\w.-]{1,64}):[ \t]{1,80}(?<secret>[^\s#][^\n]*)/gm,
    certain: false,
    redacts: [
      'kubectl apply -f - <<EOF\nstringData:\n  password: «hunter2»\nEOF',
      'echo "db_password: «pw»" > vars.yml',
    ],
    keeps: [
      'read -p "Password: " PW',
      'echo "token: $T"',
      'kubectl apply -f - <<EOF\npassword: ${PW}\nname: x\nEOF',
    ],
  },
  {
    // TOML, HCL, INI, jq and yq: the name, blanks, the value.
    id: 'spaced-assignment',
    hint: /[\w"'\]][ \t]{1,8}=[ \t]/,
    pattern:
      /(?<![\w.-])(?<name>[\w.-]{1,64})[ \t]{1,8}=[ \t]{1,8}"?(?<secret>(?<=")[^"\n]+|(?<=\s)[^\s"'$?%={}()[\]|;,][^\s"']*)/g,
    certain: false,
    redacts: [
      `jq '.token = "«a b»"' f.json`,
      "printf '[Interface]\nPrivateKey = «abcd=»\n'",
      `cat > x.toml <<E\ndb_password = "«pw»"\nE`,
    ],
    keeps: [`jq '.password = $ENV.PW' f`, `awk '$1 == "token" { n = 1 }'`, 'echo "the key = value form"'],
  },
  {
    // `auths` of Docker's configuration: base 64 of `user:password`.
    id: 'docker-configuration',
    hint: /"auths"/,
    pattern: /"auth"\s{0,8}:\s{0,8}"(?<secret>[A-Za-z0-9+/=]+)/g,
    certain: true,
    redacts: [`echo '{"auths":{"r":{"auth":"«bWU6cHc=»"}}}' > ~/.docker/config.json`],
    keeps: [`echo '{"auth":"basic"}'`],
  },
  {
    id: 'yaml-in-sed',
    hint: /\/[\w.-]+:[ \t]/,
    pattern: /(?<=\/)(?<name>[\w.-]{1,64}):[ \t]{1,8}(?<secret>[^\s/.$\\][^\n/]*)/g,
    certain: false,
    redacts: ["sed -i 's/password: .*/password: «a b»/' f.yml"],
    keeps: ["sed -i 's/password: .*/password: $1/' f.yml"],
  },
  {
    id: 'json-path',
    hint: /"\][ \t]{1,8}"/,
    pattern: /\["(?<name>[\w.-]{1,64})"\][ \t]{1,8}"(?<secret>[^"\n]+)/g,
    certain: false,
    redacts: [`sops --set '["db"]["password"] "«pw»"' f`],
    keeps: [`sops --set '["db"]["user"] "me"' f`],
  },
  {
    // RFC 7517; RFC 8037 names the private part `d`.
    id: 'json-web-key',
    hint: /"kty"/,
    pattern: /"d"\s{0,8}:\s{0,8}"(?<secret>[\w-]{40,})/g,
    certain: true,
    redacts: [`cat <<< '{"kty":"OKP","d":"«abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq»"}'`],
    keeps: [`cat <<< '{"kty":"OKP","x":"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq"}'`],
  },
  {
    id: 'xml-element',
    hint: /<\//,
    pattern: /<(?<name>[\w.-]{1,64})>(?<secret>[^<\s][^<]*)(?=<\/)/g,
    certain: false,
    redacts: ["echo '<server><password>«a b»</password></server>' > s.xml"],
    keeps: ["echo '<name>password</name>' > s.xml", "echo '<password></password>'"],
  },
  {
    id: 'xml-attributes',
    hint: /value\s{0,4}=/,
    pattern:
      /\b(?:key|name)\s{0,4}=\s{0,4}"(?<name>[\w.-]{1,64})"\s{1,8}value\s{0,4}=\s{0,4}"(?<secret>[^"\n]+)/gi,
    certain: false,
    redacts: [`echo '<add key="ClearTextPassword" value="«a b»" />'`],
    keeps: [`echo '<add key="User" value="me" />'`],
  },
  {
    id: 'netrc',
    hint: /login\s/,
    pattern: /\blogin\s{1,8}\S{1,128}\s{1,8}password\s{1,8}(?<secret>[^\s'"]+)/g,
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
    id: 'debconf',
    hint: /passw/,
    pattern: /\b[\w/-]{0,80}passw(?:or)?d(?:[_-]again)?\s{1,8}password\s{1,8}(?<secret>[^\s'"]+)/g,
    certain: false,
    redacts: ["debconf-set-selections <<< 'mysql-server mysql-server/root_password password «pw»'"],
    keeps: ["echo 'root_password password'"],
  },
  {
    id: 'wifi-code',
    hint: /wifi:/,
    pattern: /\bWIFI:(?:[STHR]:[^;]{0,80};){0,4}P:(?<secret>(?:[^;\\]|\\.)+)/g,
    certain: true,
    redacts: ["qrencode 'WIFI:T:WPA;S:net;P:«a b»;;'"],
    keeps: ["qrencode 'WIFI:S:guest;T:nopass;;'"],
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
