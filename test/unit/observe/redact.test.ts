// Secrets leave the line, everything else stays: the rules' examples, what must survive, and hostile lines.
import { describe, expect, test } from 'vitest'
import { REDACTED, redact, redactDirectory } from '../../../src/observe/redact/redact.ts'
import { REDACTION_EXAMPLES, REDACTION_SECTIONS } from '../../support/data/redaction-examples.ts'

const withoutMarks = (example: string): string => example.replace(/[«»]/g, '')
const redacted = (example: string): string => example.replace(/«[^»]*»/g, REDACTED)

test('every rule has examples for and against', () => {
  const sections = [...REDACTION_EXAMPLES.keys()]
  const without = REDACTION_SECTIONS.filter((rule) => !REDACTION_EXAMPLES.has(rule))
  expect(without, 'Add a section [id] with its examples to test/corpus/redaction.txt.').toEqual([])
  const ruleless = sections.filter((section) => !REDACTION_SECTIONS.includes(section))
  expect(ruleless, 'Sections of test/corpus/redaction.txt without a rule.').toEqual([])
  for (const [name, { redacts, keeps }] of REDACTION_EXAMPLES) {
    const rules = REDACTION_SECTIONS.filter((section) => section === name).length
    expect(redacts.length, name).toBeGreaterThanOrEqual(rules)
    expect(keeps.length, name).toBeGreaterThanOrEqual(rules)
  }
})

describe.each([...REDACTION_EXAMPLES].map(([name, examples]) => ({ name, ...examples })))(
  '$name',
  ({ redacts, keeps }) => {
    test.each(redacts)('%s', (example) => {
      expect(redacted(example)).not.toBe(example)
      expect(redact(withoutMarks(example))).toBe(redacted(example))
    })
    test.each(keeps)('keeps %s', (example) => {
      expect(redact(example)).toBe(example)
    })
  },
)

test.each([
  ['mysql --password=hun"ter2" db', 'mysql --password=[redacted] db'],
  ['PASSWORD="$X"hunter2', 'PASSWORD=[redacted]'],
  ['x --password \\\n pw', 'x --password \\\n [redacted]'],
  ["TOKEN=$'abc' ./x", 'TOKEN=[redacted] ./x'],
  ['X_TOKEN+=abc', 'X_TOKEN+=[redacted]'],
  ["TOKEN='a'\\''b' cmd", 'TOKEN=[redacted] cmd'],
  ['export X_TOKENS=(a "b c")', 'export X_TOKENS=([redacted] [redacted])'],
  ['PASSWORD=${P:-hunter2} ./x', 'PASSWORD=[redacted] ./x'],
  ['mysql -p"$(cat f)x" db', 'mysql -p[redacted] db'],
  ['tool --password="a b"c next', 'tool --password=[redacted] next'],
  ["curl -d 'user=me&password=p&a=1' http://h", "curl -d 'user=me&password=[redacted]&a=1' http://h"],
  ['mount -o username=x,password=y,uid=1 //a /b', 'mount -o username=x,password=[redacted],uid=1 //a /b'],
  ["sed -i 's/password=old/password=new/' f", "sed -i 's/password=[redacted]/password=[redacted]/' f"],
  ['psql "host=h password=hunter2 dbname=d"', 'psql "host=h password=[redacted] dbname=d"'],
  ['x "Server=h;Password=my pw;Trust=1"', 'x "Server=h;Password=[redacted];Trust=1"'],
  ['ansible-playbook -e "db_password=x y" p.yml', 'ansible-playbook -e "db_password=[redacted]" p.yml'],
  ["ssh h 'TOKEN=x ./run --fast'", "ssh h 'TOKEN=[redacted] ./run --fast'"],
  ['bash -c "TOKEN=x ./run --fast"', 'bash -c "TOKEN=[redacted] ./run --fast"'],
  ['A=$(curl -u me:pw http://h) B=1', 'A=$(curl -u me:[redacted] http://h) B=1'],
  ['A="`curl -u me:pw http://h`"', 'A="`curl -u me:[redacted] http://h`"'],
  ['diff <(mysql -pa x) <(mysql -pb x)', 'diff <(mysql -p[redacted] x) <(mysql -p[redacted] x)'],
  ['#mysql -u root -phunter2', '#mysql -u root -p[redacted]'],
  ["echo don't TOKEN=x", "echo don't TOKEN=[redacted]"],
  ['http :80 password:=1 user==me', 'http :80 password:=[redacted] user==me'],
  [
    'aws configure set aws_secret_access_key x --profile p',
    'aws configure set aws_secret_access_key [redacted] --profile p',
  ],
  ['set -gx DB_PASSWORD x', 'set -gx DB_PASSWORD [redacted]'],
  ['npm config set //r.corp/:_authToken x', 'npm config set //r.corp/:_authToken [redacted]'],
  ["wscat -H 'auth:bearer abcdef12345'", "wscat -H 'auth:bearer [redacted]'"],
  ['echo "use bearer abc.def.123"', 'echo "use bearer [redacted]"'],
  ['wscat -H auth:bearer abcdef12345', 'wscat -H auth:bearer [redacted]'],
  ['curl -H Authorization: Bearer abc http://h', 'curl -H Authorization: Bearer [redacted] http://h'],
  ['echo -----BEGIN PRIVATE KEY----- MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA', 'echo [redacted]'],
  [
    "echo '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----' > k",
    "echo '[redacted]' > k",
  ],
  [
    'echo "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ\n-----END PGP PRIVATE KEY BLOCK-----"',
    'echo "[redacted]"',
  ],
  [
    "cat > k <<'EOF'\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\nEOF\nchmod 600 k",
    "cat > k <<'EOF'\n[redacted]\nEOF\nchmod 600 k",
  ],
  [
    "cat > .env <<EOF\nA=it's\nDB_PASSWORD=x\nEOF\nTOKEN=y ./run",
    "cat > .env <<EOF\nA=it's\nDB_PASSWORD=[redacted]\nEOF\nTOKEN=[redacted] ./run",
  ],
  ['ssh h <<-X\n\tmysql -pabc\n\tX\nls', 'ssh h <<-X\n\tmysql -p[redacted]\n\tX\nls'],
])('%j becomes %j', (line, stored) => {
  expect(redact(line)).toBe(stored)
})

test.each([
  'TOKEN=`cat f`',
  'export TOKEN=$(pass show x)',
  'TOKEN="$T" ./run',
  'PASSWORD=${P:?must be set} ./x',
  'PASSWORD=${P:-} PASSWORD= ./x',
  'TOKEN_FILE=/run/t SSH_AUTH_SOCK=/run/x PWD=/tmp OLDPWD=/ KEYMAP=de ./run',
  'GOOGLE_APPLICATION_CREDENTIALS=/etc/x.json ./run',
  'ansible-playbook --private-key ~/.ssh/id_rsa x.yml',
  'tool --password-file /run/pw --no-password x --show-token x --bypass x --compass n',
  'tool --password',
  'tool --password --verbose',
  'docker build --secret id=x,src=y --build-arg TOKEN .',
  'docker run -e TOKEN img',
  'git config --global user.signingkey ABCDEF',
  'git commit -m "fix password=empty handling"',
  "git commit -am 'token=x is refused' -m 'Authorization: say why'",
  'gh pr create --title "secret=x" --body "password: none yet"',
  'grep -rn "password=" src | grep -v token',
  'if [ "$TOKEN" = abc ]; then echo "the token is not the bearer of news"; fi',
  'kubectl create secret generic token-x --from-env-file=f',
  'echo "the bearer of certificates"',
  'find . -name "*token*"; vim password.txt; man passwd; ls secret',
  "echo '-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----'",
  "grep -r -- '-----BEGIN RSA PRIVATE KEY-----' .",
  'jq -r .token f.json; awk -F= "/token=/{print $2}" f',
  'ssh -p 2222 h; mkdir -p a/b; docker run -p 80:80 x; tar -xpf a.tar; cp -p a b',
])('keeps %j', (line) => {
  expect(redact(line)).toBe(line)
})

test.each([
  "/home/me/it's mine; mysql -phunter2/password=x",
  '/srv/token=abc/$(curl -u a:b h)',
  '/nix/store/3n58xw4373jp0ljirf06d8077j15pc4j-glibc-2.37',
  '/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T',
  '/srv/Zx81kLm2Qp9RtVw4Yb7N/x',
  '/run/user/1000/gvfs/sftp:host=h,user=me',
  '/var/lib/docker/overlay2/4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1/diff',
])('the directory %s is no command and stays', (path) => {
  expect(redactDirectory(path)).toBe(path)
})

test('what is certainly a token goes from a directory too', () => {
  const token = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'
  expect(redactDirectory(`/tmp/${token}/x-${token}`)).toBe(`/tmp/${REDACTED}/x-${REDACTED}`)
})
