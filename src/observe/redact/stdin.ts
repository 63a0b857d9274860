// Which commands read a secret from their standard input: one row per way, each with examples for and against.
import type { StdinRule } from './tools/rule.ts'

/** Commands that read a secret from their standard input; what is written into it for them is the secret. */
export const STDIN_RULES: readonly StdinRule[] = [
  {
    tools:
      'passwd chpasswd chgpasswd newusers smbpasswd htdigest kinit su runas realm cryptsetup ecryptfs-add-passphrase encfs gocryptfs vncpasswd argon2 grub-mkpasswd-pbkdf2 gpg-preset-passphrase openconnect vpnc keyring lpass rbw chsh mysql_config_editor elasticsearch-reset-password x11vnc pveum',
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
    // Of `Authorization: Basic`.
    tools: 'base64 basenc gbase64',
    pair: true,
    redacts: ['echo -n bob:«pw» | base64', 'base64 -w0 <<< "bob:«a b»"'],
    keeps: ['echo hello | base64', 'echo "at 10:30" | base64', 'echo https://x/y | base64'],
  },
  {
    tools:
      'op p4 npm pnpm yarn vercel circleci firebase flyctl fly vault keyctl keepassxc-cli zfs hdiutil borg age ipa trino adcli VBoxManage pw doas wp openssl kubectl fetchmail',
    given:
      /^(?:signin|login|adduser|env|store-secret|functions:secrets:set|import|put|patch|write|padd|open|show|add|edit|clip|load-key|change-key|-stdinpass|init|create|key|--password|--stdin-password|addencpassword|-h|-S|passwd|secret|--auth|-p)$/,
    redacts: [
      'echo «pw» | p4 login',
      'borg init -e repokey r <<< «pw»',
      'echo «pw» | zfs load-key pool/x',
      'echo «A=pw» | fly secrets import',
      'openssl passwd -stdin <<< «pw»',
    ],
    keeps: [
      'echo x | kubectl apply -f -',
      'echo x | npm run test',
      'borg list r',
      'echo y | zfs destroy pool/x',
    ],
  },
]
