// What secrets look like by themselves, whatever tool they are given to: one row per shape, with examples for and against.

export interface Shape {
  /** Stable, kebab-case. */
  readonly id: string
  /** In lower case: a line without it cannot hold the shape. */
  readonly hint: RegExp
  /**
   * Global. The group `secret`, which ends the match, is what goes; a group `name` must announce it. Linear: every
   * repetition is bounded, or begins where the same repetition cannot begin again, or ends the pattern.
   */
  readonly pattern: RegExp
  /** Also looked for in messages that people write for people. */
  readonly certain: boolean
  /** Lines whose part between guillemets `«…»` must go. */
  readonly redacts: readonly string[]
  /** Lines that must stay as they are. */
  readonly keeps: readonly string[]
}

const SQL_HINT = /password|passwd|identified/
/** `PASSWORD`, `IDENTIFIED BY`, `SET PASSWORD FOR x`, and what may stand before the quoted secret. */
const SQL_PASSWORD = String.raw`\b(?:password|passwd|identified\s{1,8}by(?:\s{1,8}password)?|identified\s{1,8}with\s{1,8}[\w'"]{1,40}\s{1,8}(?:by|as)|password\s{1,8}for\s{1,8}[^\s=]{1,80})(?:\s{0,8}[=(]|\s)\s{0,8}(?:password\s{0,2}\(\s{0,8})?`

export const SHAPES: readonly Shape[] = [
  {
    id: 'known-token',
    hint: /akia|asia|gh[pousr]_|github_pat|gl(?:pat|dt|rt|cbt|ptt)-|xox|xapp-|npm_|pypi-|[rs]k_|sk-|aiza|ya29|hf_|dop_v1|hv[sb]\.|sg\.|age-secret/,
    pattern:
      /(?<![A-Za-z0-9])(?<secret>(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|gl(?:pat|dt|rt|cbt|ptt)-[\w-]{20,}|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|sk-(?=[\w-]{0,40}\d)[\w-]{20,}|AIza[\w-]{35}|ya29\.[\w-]{20,}|hf_[A-Za-z0-9]{30,}|dop_v1_[0-9a-f]{64}|hv[sb]\.[\w-]{20,}|SG\.[\w-]{16,32}\.[\w-]{16,}|AGE-SECRET-KEY-1[0-9A-Z]{50,})/g,
    certain: true,
    redacts: [
      'aws configure set aws_access_key_id «AKIAIOSFODNN7EXAMPLE»',
      'echo «ghp_abcdefghijklmnopqrstuvwxyz0123456789»',
      'glab «glpat-abcdefghij0123456789»',
      'slack «xoxb-123456789012-abcdef»',
      'npm x «npm_abcdefghijklmnopqrstuvwxyz0123456789»',
      'git commit -m "revoke «sk-ant-abcdefgh-ijklmnop-a1»"',
    ],
    keeps: [
      'npm_config_registry=x npm ci',
      'ls sk-learn',
      'cat AKIA.txt',
      'pip install pypi-tools',
      'cd sk-hynix-ssd-firmware-update-tool',
    ],
  },
  {
    id: 'jwt',
    hint: /eyj/,
    pattern: /(?<![\w-])(?<secret>eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)/g,
    certain: true,
    redacts: ['jwt decode «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123»'],
    keeps: ['ls eyJ.txt'],
  },
  {
    id: 'chat-hook',
    hint: /hooks\.slack\.com|\/api\/webhooks\//,
    pattern:
      /(?:hooks\.slack\.com\/(?:services|workflows)\/|\/api\/webhooks\/\d{1,24}\/)(?<secret>[\w/-]{20,})/g,
    certain: true,
    redacts: [
      'curl https://hooks.slack.com/services/«T000/B000/XXXXXXXXXXXX»',
      'curl https://discord.com/api/webhooks/123/«abcdefghijklmnopqrst»',
    ],
    keeps: ['curl https://hooks.slack.com/services/', 'curl http://h/api/webhooks/list'],
  },
  {
    // No slash but in a password that cannot be a port: `amqp://u:p/w@h`, not `http://h:8080/@user`.
    id: 'url-password',
    hint: /:\/\//,
    pattern:
      /:\/\/[^\s/:@?#"<>]{0,256}:(?!\d{1,5}\/)(?<secret>(?:[^\s/?#"<>]{1,256}(?=@)|[^\s"<>@]{1,256}(?=@[\w.-])))/g,
    certain: true,
    redacts: [
      'git clone https://bob:«hunter2»@git.corp/x.git',
      'psql postgres://app:«p%40ss»@db/x',
      'redis-cli -u redis://:«pw»@h:6379',
      'amqp-get amqp://u:«p/w»@h',
      'curl https://bob:«p@ss»@h/x',
      'git commit -m "clone https://bob:«pw»@h works"',
      'bash -c "curl http://u:«pw»@h; ls"',
    ],
    keeps: [
      'curl http://localhost:8080/@user',
      'git clone ssh://git@host:22/x',
      'psql postgres://app:$PW@db/x',
      'psql "postgres://app:${PW}@db/x"',
      'curl http://h:9200/a/b@c',
      'curl http://[::1]:80/',
    ],
  },
  {
    // Who has only one part there has a token; `git` is everybody's user name.
    id: 'url-token',
    hint: /https?:\/\//,
    pattern: /\bhttps?:\/\/(?!git@)(?<secret>[^\s/:@?#"'<>]{1,512})(?=@[\w[$])/gi,
    certain: true,
    redacts: ['git clone https://«token»@host/x', 'curl https://«0123abc»@sentry.corp/1'],
    keeps: [
      'git clone https://git@host/x',
      'curl https://host/@x',
      'git clone ssh://me@host/x',
      'curl "https://$T@h"',
    ],
  },
  {
    id: 'header',
    hint: /authorization|cookie|key|token|secret|auth/,
    pattern:
      /^(?:[\w.-]{1,64}=)?(?:(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]{0,40}(?:auth|key|token|secret)|(?:private|job|deploy|vault|circle)-token|api-?key)\s{0,4}:|[\w-]{0,40}(?:api-?key|token|secret)\s{0,4}:\s)\s{0,4}(?:(?:bearer|basic|token|digest|apikey|negotiate)\s{1,4})?(?<secret>\S[^\n]*)/gi,
    certain: false,
    redacts: [
      "curl -H 'Authorization: Bearer «abc.def»' http://x",
      'curl -H "Authorization: Basic «dXNlcjpwYXNz»" http://x',
      "curl -H 'X-Api-Key: «k1»' http://x",
      "http :80 'Cookie: «session=1; id=2»'",
      'http :80 X-API-Key:«abc»',
      'git -c http.extraHeader="Authorization: Basic «abc»" pull',
      "wget --header='PRIVATE-TOKEN: «it\"s»' http://x",
    ],
    keeps: [
      'curl -H "Authorization: Bearer $TOKEN" http://x',
      "curl -H 'Accept: text/html' http://x",
      'docker pull registry/token:latest',
      'git commit -m "Authorization: say what is missing"',
    ],
  },
  {
    id: 'header-in-text',
    hint: /authorization|cookie|key|token|secret|auth/,
    pattern:
      /(?<![\w-])(?:(?:proxy-)?authorization|x-[\w-]{0,40}(?:auth|key|token|secret)|(?:private|job|deploy)-token)\s{0,4}:\s{0,4}(?:(?:bearer|basic|token|digest|apikey|negotiate)\s{1,4})?(?<secret>[^\s'"](?:[^'"\n]|(?<=[,\s][a-z]{2,12}=)"[^"\n]*"?)*)/gi,
    certain: false,
    redacts: [
      'bash -c "curl -H \'Authorization: Bearer «abc»\' http://x"',
      'nc h 80 <<E\nGET / HTTP/1.1\nAuthorization: Digest «username="me", realm="r", response="abc"»\nE',
    ],
    keeps: ['bash -c "curl -H \'Accept: x\' http://x"'],
  },
  {
    id: 'url-parameter',
    hint: /[?&](?:key|sig|signature|code)=/,
    pattern: /[?&](?:key|sig|signature)=(?<secret>[^\s&'"#]+)/gi,
    certain: false,
    redacts: ["curl 'http://x/?sig=«a%2Fb»&n=1'"],
    keeps: ["curl 'http://x/?page=2&sort=key'", 'curl "http://x/?key=$T"'],
  },
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
