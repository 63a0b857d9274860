// Tells where tools for accounts, keys, archives and networks of this machine take secrets.
import type { ToolRule } from './rule.ts'

export const SYSTEM_TOOLS: readonly ToolRule[] = [
  { tools: 'htpasswd', last: /^-[A-Za-z0-9]*b/, between: 1, valued: '-C' },
  { tools: 'openssl', prefixes: 'pass:' },
  { tools: 'openssl', after: /^(?:enc|aes\S*|des\S*)$/, keys: '-k -K' },
  { tools: 'openssl', after: /^passwd$/, last: /^passwd$/ },
  { tools: 'mkpasswd', last: /^mkpasswd$/, valued: '-m --method -S --salt -R --rounds' },
  { tools: '7z 7za 7zz 7zr rar unrar', prefixes: '-p -hp' },
  { tools: 'zip unzip zipcloak 7zip', flags: 'rqjo9', secret: 'P' },
  { tools: 'nmcli', keys: 'password wifi-sec.psk 802-11-wireless-security.psk 802-1x.password' },
  { tools: 'wpa_passphrase', last: /^wpa_passphrase$/, between: 1 },
  { tools: 'iw iwconfig', keys: 'key' },
  { tools: 'useradd usermod', secret: 'p' },
  { tools: 'pdftk', keys: 'user_pw owner_pw input_pw' },
  { tools: 'security', after: /-password$/, secret: 'w' },
  { tools: 'openssl', keys: '-hmac -psk' },
  { tools: 'security', after: /^(?:unlock-keychain|create-keychain|import)$/, secret: 'pP' },
  { tools: 'doveadm', after: /^pw$/, secret: 'p' },
  { tools: 'caddy', secretLong: 'plaintext' },
  { tools: 'qpdf', keys: '--encrypt', each: 2 },
  { tools: 'pdftotext pdftoppm pdfinfo pdfimages pdftocairo', keys: '-upw -opw' },
  { tools: 'steghide', secret: 'p' },
  { tools: 'pkcs11-tool pkcs15-tool softhsm2-util p11tool', secretLong: 'pin so-pin new-pin puk' },
  { tools: 'ykman yubico-piv-tool', after: /^(?:change-\S+|piv|-a)$/, secret: 'PnN' },
  { tools: 'oathtool', last: /^oathtool$/ },
  { tools: 'wpa_cli', keys: 'psk password' },
  { tools: 'virsh', harmless: '--secret', secretLong: 'base64' },
  {
    tools: 'qemu-img qemu-system-x86_64 qemu-system-aarch64 qemu-nbd',
    word: /^secret,(?:[^,]{1,80},){0,4}data=(?<secret>[^,]+)/d,
  },
]
