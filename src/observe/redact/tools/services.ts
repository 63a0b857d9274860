// Tells where tools of servers, chats, proxies, downloads and games take passwords.
import type { ToolRule } from './rule.ts'

export const SERVICE_TOOLS: readonly ToolRule[] = [
  { tools: 'ejabberdctl prosodyctl', last: /^(?:register|change_password|adduser|passwd)$/, between: 2 },
  { tools: 'filebrowser', last: /^(?:add|update)$/, between: 1 },
  {
    tools: 'salt salt-call',
    last: /^(?:shadow\.set_password|user\.setpassword|mysql\.user_create)$/,
    between: 1,
  },
  { tools: 'virsh', last: /^(?:set-user-password|secret-set-value)$/, between: 2 },
  { tools: 'virsh', last: /^secret-set-value$/, between: 1 },
  { tools: 'ipmitool', last: /^password$/, between: 1, next: true },
  {
    tools: 'grafana grafana-cli neo4j-admin adb locksettings drush',
    last: /^(?:reset-admin-password|set-initial-password|set-(?:pin|password|pattern)|user:password|upwd)$/,
  },
  { tools: 'cf', last: /^auth$/, between: 1 },
  { tools: 'nuget zrok expose', last: /^(?:setapikey|enable|token)$/i, next: true },
  { tools: 'choco flask-unsign dexter', secret: 'k', after: /^apikey$/ },
  { tools: 'rancher komac', after: /^(?:login|token)$/, secret: 't' },
  { tools: 'uv hatch bun', after: /^publish$/, secret: 'ptat', secretLong: 'otp' },
  { tools: 'p4 knife gpg-preset-passphrase yubico-piv-tool', secret: 'P' },
  { tools: 'caddy', after: /^hash-password$/, secret: 'p' },
  { tools: 'transmission-remote ttyd gotty', pair: 'nc' },
  { tools: 'transmission-daemon', secret: 'v' },
  { tools: 'bore dexter', secret: 's' },
  { tools: 'frpc', secret: 't' },
  { tools: 'ss-local ss-server ss-redir ss-tunnel sslocal ssserver sic', secret: 'k' },
  { tools: 'socat', word: /\bproxyauth=[^:,]{1,64}:(?<secret>[^,]+)/d },
  { tools: 'steamcmd steam', last: /^[+-]login$/, between: 1, next: true, unless: /^\+/ },
  { tools: 'vmrun keytool', keys: '-gp -vp -new' },
  {
    tools:
      'unar lsar veracrypt mupdf mutool airdecap-ng openttd fs_cli transcrypt yadm tpm2_createprimary tpm2_create tpm2_load tpm2_unseal',
    secret: 'p',
  },
  { tools: 'zpaq', prefixes: '-k' },
  { tools: 'dislocker dislocker-fuse', prefixes: '-u' },
  { tools: 'ldapdomaindump', prefixes: '-p' },
  { tools: 'pk12util', secret: 'WK' },
  { tools: 'slappasswd ldappasswd', secret: 's' },
  {
    tools: 'ldapmodify ldapsearch ldapadd cryptsetup certutil tpm2_create',
    substituted: 'ydf',
    files: '--key-file',
  },
  {
    tools: 'smbclient',
    last: /^(?:\/\/|\\\\)/,
    valued: '-c -U -W -I -p -D -T -t -O -m -n -d -s -l -A -B',
    unless: /^(?:\/\/|\\\\)/,
    next: true,
  },
  { tools: 'networksetup', last: /^-setairportnetwork$/, between: 2 },
  { tools: 'dscl', keys: 'Password', last: /^-passwd$/, between: 1 },
  { tools: 'security', after: /^set-keychain-password$/, secret: 'op' },
  { tools: 'redis-benchmark valkey-benchmark', secret: 'a' },
  { tools: 'isql iusql', last: /^iu?sql$/, between: 2 },
  { tools: 'db2', after: /^connect$/i, keys: 'using new confirm USING' },
  {
    tools: 'snmpbulkget snmptrap snmpgetnext snmpinform snmptable snmpdf snmpstatus net-snmp-create-v3-user',
    secret: 'AXc',
  },
  {
    tools: 'sftp ftp lftp',
    word: /^[^\s/:@=?&#]{1,128}:(?!\d{1,5}@)(?<secret>[^\s/@]+)@[\w.-]+(?::\d+)?(?:\/|$)/d,
  },
  {
    // Shells of network devices, typed directly or sent by ssh.
    tools: 'username enable snmp-server',
    last: /^(?:secret|password|community)$/,
    next: true,
    unless: /^\d$/,
  },
  { tools: 'bundle', after: /^config$/, word: /^[\w.-]{1,64}:(?!\d{1,5}$|\/\/)(?<secret>[^\s:/]+)$/d },
]
