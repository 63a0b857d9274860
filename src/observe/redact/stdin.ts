// Which commands read a secret from their standard input: one row for each way.
import type { StdinRule } from './tools/rule.ts'

/** The rules; the text that is written into such a command is the secret. */
export const STDIN_RULES: readonly StdinRule[] = [
  {
    tools:
      'passwd chpasswd chgpasswd newusers smbpasswd htdigest kinit su runas realm cryptsetup ecryptfs-add-passphrase encfs gocryptfs vncpasswd argon2 grub-mkpasswd-pbkdf2 gpg-preset-passphrase openconnect vpnc keyring lpass rbw chsh mysql_config_editor elasticsearch-reset-password x11vnc pveum',
  },
  { tools: 'sudo', given: /^-[A-Za-z]*S|^--stdin$/ },
  {
    given:
      /^--?(?:password|passwd|passphrase|pass|token)-?(?:on-?)?(?:stdin|fd)\b|^--with-token$|^--stdin(?:-name)?$/,
  },
  { tools: 'openssl', given: /^stdin$/ },
  { tools: 'htpasswd', given: /^-[A-Za-z]*i/ },
  { tools: 'docker podman nerdctl', given: /^(?:secret|unlock)$/ },
  { tools: 'pass gopass secret-tool', given: /^(?:insert|store)$/ },
  { tools: 'gh glab wrangler gcloud heroku kubeseal', given: /^secrets?$/ },
  {
    // For `Authorization: Basic`.
    tools: 'base64 basenc gbase64',
    pair: true,
  },
  {
    tools:
      'op p4 npm pnpm yarn vercel circleci firebase flyctl fly vault keyctl keepassxc-cli zfs hdiutil borg age ipa trino adcli VBoxManage pw doas wp openssl kubectl fetchmail',
    given:
      /^(?:signin|login|adduser|env|store-secret|functions:secrets:set|import|put|patch|write|padd|open|show|add|edit|clip|load-key|change-key|-stdinpass|init|create|key|--password|--stdin-password|addencpassword|-h|-S|passwd|secret|--auth|-p)$/,
  },
]
