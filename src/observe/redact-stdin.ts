// Which commands read a secret from their standard input: one row per way, each with examples for and against.
import type { StdinRule } from './redact-tool-rule.ts'

/** Commands that read a secret from their standard input; what is written into it for them is the secret. */
export const STDIN_RULES: readonly StdinRule[] = [
  {
    tools: 'passwd chpasswd chgpasswd smbpasswd kinit su cryptsetup ecryptfs-add-passphrase vncpasswd argon2',
    redacts: [
      "echo «'root:pw'» | chpasswd",
      'passwd <<< «x»',
      "printf «'a\\na\\n'» | sudo passwd bob",
      '(echo «a»; echo «a») | passwd bob',
      'sudo chpasswd <<EOF\n«bob:pw»\nEOF',
      'su -c id <<<«pw»',
      'echo -n «pw» | sudo cryptsetup open /dev/sda1 x -',
    ],
    keeps: ['echo "$PW" | passwd', 'cat /etc/passwd', 'echo x | sudo tee /etc/passwd', 'cat <<< x'],
  },
  {
    tools: 'sudo',
    given: /^-[A-Za-z]*S|^--stdin$/,
    redacts: [
      'echo «hunter2» | sudo -S ls',
      'sudo -S ls <<< «x»',
      'sudo -kS -p "" ls <<<«"x y"»',
      'echo «pw» | tr -d x | sudo -S id',
      'for h in a b; do echo «pw» | sudo -S id; done',
    ],
    keeps: ['echo hello | sudo tee f', 'echo "$PW" | sudo -S ls', 'echo a; sudo -S id'],
  },
  {
    given:
      /^--?(?:password|passwd|passphrase|pass|token)-?(?:on-?)?(?:stdin|fd)\b|^--with-token$|^--stdin(?:-name)?$/,
    redacts: [
      'echo «t» | docker login --password-stdin x',
      'gh auth login --with-token <<< «abc»',
      'echo «pw» | gpg --batch --passphrase-fd 0 -c f',
    ],
    keeps: ['cat pw | docker login --password-stdin x', 'gh auth status --show-token'],
  },
  {
    tools: 'openssl',
    given: /^stdin$/,
    redacts: ['echo «pw» | openssl rsa -in k -passin stdin'],
    keeps: ['echo x | openssl dgst'],
  },
  {
    tools: 'htpasswd',
    given: /^-[A-Za-z]*i/,
    redacts: ['echo «pw» | htpasswd -i f bob'],
    keeps: ['echo bob | htpasswd -v f'],
  },
  {
    tools: 'docker podman nerdctl',
    given: /^(?:secret|unlock)$/,
    redacts: ['echo «pw» | docker secret create db -', 'docker swarm unlock <<< «SWMKEY-1-x»'],
    keeps: ['echo x | docker exec -i c cat', 'docker secret ls'],
  },
  {
    tools: 'pass gopass secret-tool',
    given: /^(?:insert|store)$/,
    redacts: ['echo «pw» | pass insert -e mail', 'secret-tool store --label=x a b <<< «pw»'],
    keeps: ['pass show mail | head -1'],
  },
  {
    tools: 'gh glab wrangler gcloud heroku kubeseal',
    given: /^secrets?$/,
    redacts: ['echo «pw» | gh secret set API', 'printf %s «pw» | gcloud secrets create s --data-file=-'],
    keeps: ['echo x | gh issue create -F -', 'gh secret list'],
  },
  {
    tools: 'read',
    given: /(?:token|secret|passw(?:or)?d|passphrase|api_?key)$/i,
    redacts: ['read -r TOKEN <<< «abc»'],
    keeps: ['read -r name <<< bob', 'read -rs TOKEN'],
  },
]
