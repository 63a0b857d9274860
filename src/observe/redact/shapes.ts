// What secrets look like by themselves, whatever tool they are given to: one row per shape, with examples for and against.
import { ACCOUNT_SHAPES } from './accounts.ts'
import { FIELD_SHAPES } from './fields.ts'
import type { Shape } from './shape.ts'
import { TOKEN, TOKEN_HINT } from './tokens.ts'

export const SHAPES: readonly Shape[] = [
  {
    id: 'known-token',
    hint: TOKEN_HINT,
    pattern: TOKEN,
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
    // Who knows the address may write there.
    id: 'hook-address',
    hint: /hooks\.slack\.com|webhook|hooks\.zapier\.com/,
    pattern:
      /(?:hooks\.slack\.com\/(?:services|workflows|triggers)\/|hooks\.zapier\.com\/hooks\/catch\/|\.tines\.com\/webhook\/|\.office\.com\/webhookb2\/|\/api\/webhooks\/\d{1,24}\/)(?<secret>[\w/@-]{16,})/g,
    certain: true,
    redacts: [
      'curl https://hooks.slack.com/services/«T000/B000/XXXXXXXXXXXX»',
      'curl https://discord.com/api/webhooks/123/«abcdefghijklmnopqrst»',
    ],
    keeps: ['curl https://hooks.slack.com/services/', 'curl http://h/api/webhooks/list'],
  },
  {
    id: 'telegram-bot',
    hint: /:aa[\w-]{33}/,
    pattern: /(?<!\d)(?<secret>\d{8,12}:AA[\w-]{33,})/g,
    certain: true,
    redacts: ['curl https://api.telegram.org/bot«123456789:AAabcdefghijklmnopqrstuvwxyz-012345»/getMe'],
    keeps: ['docker run -p 12345678:AAA x'],
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
    id: 'cvs-root',
    hint: /server:/,
    pattern: /:[pgk]?server:[^\s:@]{1,128}:(?<secret>[^\s@"']{1,256})(?=@)/g,
    certain: true,
    redacts: ['cvs -d :pserver:me:«pw»@h:/r co x'],
    keeps: ['cvs -d :pserver:me@h:/r co x'],
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
      /^(?:-H|[\w.-]{1,64}=)?(?:(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]{0,40}(?:auth|key|token|secret)|(?:private|job|deploy|vault|circle)-token|api-?key)\s{0,4}:|[\w-]{0,40}(?:api-?key|token|secret)\s{0,4}:\s)\s{0,4}(?:(?:bearer|basic|token|digest|apikey|negotiate)\s{1,4})?(?!(?:bearer|basic|token|digest)$)(?<secret>\S[^\n]*)/gim,
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
      /(?<![\w/-])(?:(?:proxy-)?authorization|x-[\w-]{0,40}(?:auth|key|token|secret)|(?:private|job|deploy)-token)['"]?\s{0,4}:\s{0,4}['"]?(?:(?:bearer|basic|token|digest|apikey|negotiate)\s{1,4})?(?!(?:bearer|basic|token|digest)['"]?$)(?<secret>[^\s'"](?:[^'"\n]|(?<=[,\s][a-z]{2,12}=)"[^"\n]*"?)*)/gi,
    certain: false,
    redacts: [
      'bash -c "curl -H \'Authorization: Bearer «abc»\' http://x"',
      'nc h 80 <<E\nGET / HTTP/1.1\nAuthorization: Digest «username="me", realm="r", response="abc"»\nE',
    ],
    keeps: ['bash -c "curl -H \'Accept: x\' http://x"'],
  },
  {
    id: 'url-parameter',
    hint: /[?&](?:key|[\w-]*sig(?:nature)?|code)=/,
    pattern:
      /[?&](?:(?:[\w-]{1,40}-)?sig(?:nature)?=|key=(?=[^&]{8})|code=(?=[^&]{20}))(?<secret>[^\s&'"#]+)/gi,
    certain: false,
    redacts: ["curl 'http://x/?sig=«a%2Fb»&n=1'", "curl 'http://x/?key=«abcd1234»'"],
    keeps: ["curl 'http://x/?page=2&sort=key'", 'curl "http://x/?key=$T"', "curl 'http://x/?code=404&key=5'"],
  },
  ...FIELD_SHAPES,
  ...ACCOUNT_SHAPES,
]
