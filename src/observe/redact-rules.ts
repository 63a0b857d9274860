// The plain shapes of secrets in command lines: one table to read, each shape with examples for and against.

export interface RedactionRule {
  /** Stable, kebab-case. */
  readonly id: string
  /** Global. The secret is the named group `secret`; what is around it stays. */
  readonly pattern: RegExp
  /** Lines whose part between guillemets `«…»` must go. */
  readonly redacts: readonly string[]
  /** Lines that must stay as they are. */
  readonly keeps: readonly string[]
}

/** One shell word that is not a lone variable: quoted or bare. `$TOKEN` and `$(pass x)` hold no secret. */
const WORD = String.raw`(?<secret>"(?!\$)[^"]+"|'[^']+'|(?![-$'"\s])[^\s'";|&)]+)`
/** Names that announce a secret. */
const SECRET_NAME =
  '(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|secret[_-]?key|private[_-]?key|client[_-]?secret|auth[_-]?token|credentials?)'

export const REDACTION_RULES: readonly RedactionRule[] = [
  {
    id: 'pem-private-key',
    pattern: /(?<secret>-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))/g,
    redacts: ["echo '«-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----»' > k"],
    keeps: ["echo '-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----'", 'grep BEGIN key.pem'],
  },
  {
    id: 'authorization-header',
    pattern:
      /\b(?:authorization|proxy-authorization|x-api-key|x-auth-token|x-vault-token|private-token|cookie)\s*:\s*(?!(?:\w+\s+)?\$)(?:(?:bearer|basic|token|digest|apikey)\s+)?(?<secret>[^\s'"][^'"\n]*)/gi,
    redacts: [
      "curl -H 'Authorization: Bearer «abc.def»' http://x",
      'curl -H "Authorization: Basic «dXNlcjpwYXNz»" http://x',
      "curl -H 'X-Api-Key: «k1»' http://x",
      "http :80 'Cookie: «session=1; id=2»'",
    ],
    keeps: ['curl -H "Authorization: Bearer $TOKEN" http://x', "curl -H 'Accept: text/html' http://x"],
  },
  {
    id: 'bearer',
    pattern: /\bbearer[ =](?<secret>[A-Za-z0-9._~+/-]{8,}=*)/gi,
    redacts: ['wscat -H auth:bearer «abcdef12345»'],
    keeps: ['echo the bearer of news'],
  },
  {
    id: 'url-password',
    pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@'"]*:(?<secret>(?!\$)[^\s/@'"]+)@/gi,
    redacts: [
      'git clone https://bob:«hunter2»@git.corp/x.git',
      'psql postgres://app:«p%40ss»@db/x',
      'redis-cli -u redis://:«pw»@h:6379',
    ],
    keeps: [
      'curl http://localhost:8080/@user',
      'git clone ssh://git@host:22/x',
      'psql postgres://app:$PW@db/x',
    ],
  },
  {
    id: 'url-parameter',
    pattern: new RegExp(
      `[?&](?:${SECRET_NAME}|access_token|key|sig|signature)=(?<secret>(?!\\$)[^\\s&'"#]+)`,
      'gi',
    ),
    redacts: ["curl 'http://x/?user=1&api_key=«abc»&n=1'", "curl 'http://x/?sig=«a%2Fb»'"],
    keeps: ["curl 'http://x/?page=2&sort=key'", 'curl "http://x/?token=$T"'],
  },
  {
    id: 'option-value',
    pattern: new RegExp(`(?<![\\w-])--?(?:[a-z0-9]+-)*${SECRET_NAME}(?:=|\\s+)${WORD}`, 'gi'),
    redacts: [
      'mysql --password=«hunter2» db',
      "tool --token «'abc'» x",
      'aws --secret-key «abc» s3 ls',
      'x --db-password «p»',
      'keytool -storepass-word x --api-key=«"k 1"»',
    ],
    keeps: [
      'tool --password-file /run/pw',
      'tool --password',
      'tool --token "$TOKEN"',
      'tool --password --verbose',
      'ssh-keygen --tokenize x',
    ],
  },
  {
    id: 'mysql-password',
    pattern:
      /\b(?:mysql|mysqldump|mysqladmin|mysqlimport|mariadb|mariadb-dump|mycli)\b[^|;&\n]*?\s-p(?<secret>(?!\$)[^\s'"]+|'[^']+'|"(?!\$)[^"]+")/g,
    redacts: ['mysql -u root -p«hunter2» db', "mysqldump -uroot -p«'a b'» db"],
    keeps: ['mysql -u root -p db', 'mkdir -p a/b', 'ssh -p2222 host', 'mysql -p"$PW"'],
  },
  {
    id: 'password-argument',
    pattern: new RegExp(
      `(?:\\bsshpass\\s+-p\\s*|\\bredis-cli\\b[^|;&\\n]*?\\s(?:-a|--pass)\\s+|\\bdocker\\s+login\\b[^|;&\\n]*?\\s-p\\s+|\\bldap(?:search|modify|add|delete|passwd|whoami)\\b[^|;&\\n]*?\\s-w\\s+|\\bhtpasswd\\s+-\\w*b\\w*\\s+\\S+\\s+\\S+\\s+|-pass(?:in|out)\\s+pass:)${WORD}`,
      'g',
    ),
    redacts: [
      'sshpass -p «hunter2» ssh h',
      'sshpass -p«hunter2» ssh h',
      'redis-cli -h x -a «pw» ping',
      'docker login -u me -p «pw» reg',
      'ldapsearch -x -D cn=a -w «pw» b',
      'htpasswd -b f bob «pw»',
      'openssl rsa -in k -passin pass:«pw»',
    ],
    keeps: ['sshpass -e ssh h', 'docker run -p 80:80 x', 'redis-cli ping', 'htpasswd f bob'],
  },
  {
    id: 'user-password',
    pattern:
      /\b(?:curl|wget|http|https)\b[^|;&\n]*?\s(?:-u|--user|-a|--auth|--proxy-user)[= ]\s*['"]?[^\s:'"$]+:(?<secret>(?!\$)[^\s'"]+)/g,
    redacts: ['curl -u bob:«hunter2» http://x', "curl --user 'bob:«pw»' http://x"],
    keeps: ['curl -u bob http://x', 'curl -u "bob:$PW" http://x', 'docker run -u 1000:1000 x'],
  },
  {
    id: 'piped-password',
    pattern:
      /\b(?:echo|printf)\s+(?:-\w+\s+)?(?<secret>'[^']+'|"(?!\$)[^"]+"|(?![-$'"\s])[^\s|;&'"]+)\s*\|\s*(?:sudo\s+(?:\S+\s+)*?-\w*S|(?:sudo\s+)?(?:chpasswd|passwd)\b|[^|;&]*--password-stdin)/g,
    redacts: [
      'echo «hunter2» | sudo -S ls',
      "echo «'root:pw'» | chpasswd",
      'echo «t» | docker login --password-stdin x',
    ],
    keeps: ['echo hello | sudo tee f', 'echo "$PW" | sudo -S ls', 'cat pw | docker login --password-stdin x'],
  },
  {
    id: 'assignment',
    pattern: new RegExp(`\\b(?:[A-Za-z0-9]+_)*(?:PG|MYSQL_?|REDIS_?|SSH)?${SECRET_NAME}=${WORD}`, 'gi'),
    redacts: [
      'export DB_SECRET=«abc»',
      'API_KEY=«abc» ./run',
      'PGPASSWORD=«pw» psql',
      "MYSQL_PWD=«'p w'» mysql",
      'docker run -e TOKEN=«x» img',
      'export aws_secret_access_key=«abc»',
    ],
    keeps: [
      'export TOKEN=$(pass show x)',
      'TOKEN_FILE=/run/t ./run',
      'SSH_AUTH_SOCK=/run/x ssh h',
      'export KEYMAP=de',
      'PASSWORD= ./run',
      'TOKEN="$T" ./run',
    ],
  },
  {
    id: 'json-field',
    pattern: new RegExp(
      `["'](?:[\\w-]*[_-])?${SECRET_NAME}\\\\?["']\\s*:\\s*\\\\?["'](?<secret>(?!\\$)[^"'\\\\]+)`,
      'gi',
    ),
    redacts: [
      `curl -d '{"user":"bob","password":"«pw»"}' http://x`,
      `curl -d "{\\"token\\": \\"«t1»\\"}" http://x`,
    ],
    keeps: [`curl -d '{"name":"token"}' http://x`, `curl -d '{"tokens": 5}' http://x`],
  },
  {
    id: 'known-token',
    pattern:
      /(?<![A-Za-z0-9])(?<secret>(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|gl(?:pat|dt|rt|cbt|ptt)-[\w-]{20,}|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|sk-[\w-]{20,}|AIza[\w-]{35}|ya29\.[\w-]{20,}|hf_[A-Za-z0-9]{30,}|dop_v1_[0-9a-f]{64}|hv[sb]\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|AGE-SECRET-KEY-1[0-9A-Z]{50,})/g,
    redacts: [
      'aws configure set aws_access_key_id «AKIAIOSFODNN7EXAMPLE»',
      'gh auth login «ghp_abcdefghijklmnopqrstuvwxyz0123456789»',
      'glab «glpat-abcdefghij0123456789»',
      'slack «xoxb-123456789012-abcdef»',
      'npm set x «npm_abcdefghijklmnopqrstuvwxyz0123456789»',
    ],
    keeps: ['npm_config_registry=x npm ci', 'ls sk-learn', 'cat AKIA.txt', 'pip install pypi-tools'],
  },
  {
    id: 'slack-hook',
    pattern: /hooks\.slack\.com\/services\/(?<secret>[\w/]{20,})/g,
    redacts: ['curl https://hooks.slack.com/services/«T000/B000/XXXXXXXXXXXX»'],
    keeps: ['curl https://hooks.slack.com/services/'],
  },
  {
    id: 'jwt',
    pattern: /(?<secret>\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)/g,
    redacts: ['jwt decode «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123»'],
    keeps: ['ls eyJ.txt'],
  },
  {
    id: 'aws-secret',
    pattern:
      /(?<![A-Za-z0-9/+=.~-])(?<secret>(?=[A-Za-z0-9/+]*[A-Z][a-z]*[A-Z])(?=(?:[A-Za-z/+]*\d){2})(?=[A-Za-z0-9+/]*\/)(?![A-Za-z0-9+]*\/[a-z]{3,}\/)(?!\/|[a-z]+\/)[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=.~-])/g,
    redacts: ['aws configure set x «wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE1Y7»'],
    keeps: [
      'git show 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567',
      'ls src/components/Dashboard2/UserProfile1Ab',
    ],
  },
]
