// The table of tools that take secrets under names which tell nothing: by option, by position or from standard input.

/**
 * Rows of tools and, behind `: `, of what they take; words in lists stand between commas, and a pattern without slashes is alternatives of
 * whole words:
 *
 * - `secret`, `pair`, `substituted`: letters of options whose value is the secret, `user:secret` (or what `separator` stands between
 *   them), or a file, in whose place the output of `<(…)` is the secret. `flags` are letters of options without a value, which may stand
 *   before them in one word: curl's `-su me:pw`. `secretLong`, `pairLong`: long options, without dashes; `files`: with them.
 * - `prefixes`: beginnings of words whose rest is the secret. `keys`: words, with their dashes if they have any, before as many secrets
 *   as `each` says, or one. A pattern at the end of the row: a word like this holds the secret as its group `secret` or `other`.
 * - `last`: where a word like this is there, the last word without a dash is the secret; with `next` the first one. `between` words stand
 *   before it, such as a user's name. Words like `unless`, and those behind the options of `valued`, do not count.
 * - `assigns`: all words `name=value` hold secrets. `asks`: `--password` and the like ask for it, or mean something else. `harmless`:
 *   options whose names announce a secret for other tools.
 * - `after`: the row holds only behind a word like this; `leading`: up to the first word that is no option.
 * - `stdin`: what is read is the secret, where a word like this is there; with `pairs` it is `user:secret`. `*` is any tool.
 */
const TABLE = String.raw`
  mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlpump mysqlsh mariadb mariadb-dump mariadb-admin mycli: prefixes=-p asks
  mysqladmin: keys=password
  psql pg_dump pg_dumpall pg_restore createdb createuser dropdb vacuumdb openssl ffmpeg: asks
  redis-cli valkey-cli redis-benchmark valkey-benchmark: secret=a
  mongo mongosh mongodump mongorestore mongoexport mongoimport cqlsh cypher-shell beeline mydumper myloader rabbitmqadmin couchbase-cli elasticsearch-users ncftpput ncftpget ncftp crackmapexec nxc netexec evil-winrm racadm rustdesk useradd usermod steghide unar lsar veracrypt mupdf mutool airdecap-ng openttd fs_cli transcrypt yadm tpm2_createprimary tpm2_create tpm2_load tpm2_unseal aescrypt: secret=p
  sqlcmd bcp isql tsql ipmitool mosquitto_pub mosquitto_sub p4 knife gpg-preset-passphrase yubico-piv-tool: secret=P
  sqlcmd: secret=zZ
  sqlplus rman expdp impdp sqlldr: /^[\w$#.-]{1,64}\/(?<secret>[^@/].*?)(?=$|@[\w/:.-]+(?:\s+as\s+\w+)?$)/ds
  rabbitmqctl: after=add_user|change_password|authenticate_user last=add_user|change_password|authenticate_user between=1
  redis-cli valkey-cli: keys=AUTH,auth each=2
  redis-cli valkey-cli: keys=requirepass,masterauth prefixes=>
  etcdctl: pairLong=user
  influx doctl vercel codecov gotify frpc: secret=t
  pt-query-digest pt-table-sync pt-table-checksum pt-archiver pt-online-schema-change pt-kill pt-heartbeat: /(?:^|,)p=(?<secret>[^,]+)/d
  curl: flags=sSfkLvigGIjlnNOqRZJBaM0123469# pair=uUE pairLong=user,proxy-user,cert,proxy-cert
  curl sqlmap: flags=sSfkLvigGI pair=b pairLong=cookie separator==
  http https xh xhs hey wscat jenkins-cli.jar jenkins-cli: pair=a pairLong=auth
  smbclient smbget rpcclient net winexe smbcacls wbinfo: pair=Ua pairLong=user separator=%
  lftp open: pair=u pairLong=user separator=,
  sshpass: leading secret=p
  ldapsearch ldapmodify ldapadd ldapdelete ldappasswd ldapwhoami ldapmodrdn ldapcompare: flags=xZvn secret=w
  ldappasswd: secret=as
  xfreerdp xfreerdp3 wlfreerdp sdl-freerdp rdesktop: prefixes=/p:,/pass:,/gp:,/password: secret=p
  snmpget snmpwalk snmpset snmpbulkwalk snmpbulkget snmptrap snmpgetnext snmpinform snmptable snmpdf snmpstatus net-snmp-create-v3-user: secret=AXc
  ssh-keygen: secret=NP
  curl wget: /^[^\s/:@=?&#]{1,128}:(?<secret>[^\s/@]+)@[\w.-]+(?::\d+)?(?:\/|$)/d
  http https xh xhs: after=/^(?:--auth-type=|-A)?bearer$/ secret=a secretLong=auth
  ab: pair=AP
  kadmin kadmin.local dsconf dsctl ipa-client-install: secret=w
  samba-tool: after=user last=create|add between=1
  swaks sendemail sendEmail: keys=-ap,-xp
  mosquitto_passwd: last=/^-[A-Za-z]*b/ between=2
  docker podman buildah skopeo nerdctl helm oc cf az twine oras crane regctl fly conan poetry: after=login|upload|publish secret=p
  cargo vault ngrok snyk cloudflared wandb: after=login|authtoken|add-authtoken|auth|unseal|install last=login|authtoken|add-authtoken|auth|unseal unless=/^[a-z_]+=/
  gh: after=secret secret=b secretLong=body
  cloudflared: after=service last=install
  bw: last=unlock
  bw: last=login between=1
  docker podman buildah gcloud: harmless=--secret
  kubectl oc k: after=secret pairLong=from-literal separator==
  vault: after=put|patch|write assigns
  fly flyctl doppler heroku travis wrangler gh glab: after=/^(?:secrets?|config:set|encrypt)$/ assigns
  act bore dexter slappasswd ldappasswd: secret=s
  az: after=keyvault secretLong=value
  glab: after=auth secret=t
  netlify: secretLong=auth
  gitlab-runner: after=register secret=r
  npm pnpm yarn gem: secretLong=otp
  dotnet nuget: after=push secret=k secretLong=ApiKey
  poetry composer bundle: after=/^(?:(?:pypi-token|http-basic|github-oauth|gitlab-token|bitbucket-oauth|bearer)\.\S+|gems\.\S+)$/ last=/^(?:pypi-token|http-basic|github-oauth|gitlab-token|bitbucket-oauth|bearer|gems)\./
  pulumi: after=--secret last=set between=1 harmless=--secret
  maas: last=login between=2
  rclone: after=obscure last=obscure
  ansible-vault: after=encrypt_string last=encrypt_string valued=--name,-n,--vault-id,--encrypt-vault-id,--stdin-name,--vault-password-file
  htpasswd: last=/^-[A-Za-z0-9]*b/ between=1 valued=-C
  openssl: prefixes=pass: keys=-hmac,-psk
  openssl: after=/^(?:enc|aes\S*|des\S*)$/ keys=-k,-K
  openssl: after=passwd last=passwd
  mkpasswd: last=mkpasswd valued=-m,--method,-S,--salt,-R,--rounds
  7z 7za 7zz 7zr rar unrar: prefixes=-p,-hp
  zip unzip zipcloak 7zip: flags=rqjo9 secret=P
  nmcli wpa_cli: keys=password,psk,wifi-sec.psk,802-11-wireless-security.psk,802-1x.password
  wpa_passphrase: last=wpa_passphrase between=1
  iw iwconfig: keys=key
  security: after=/-password$/ secret=w
  security: after=unlock-keychain|create-keychain|import secret=pP
  doveadm: after=pw secret=p
  qpdf: keys=--encrypt each=2
  pdftotext pdftoppm pdfinfo pdfimages pdftocairo pdftk: keys=-upw,-opw,user_pw,owner_pw,input_pw
  pkcs11-tool pkcs15-tool softhsm2-util p11tool: secretLong=pin,so-pin,new-pin,puk
  ykman yubico-piv-tool: after=/^(?:change-\S+|piv|-a)$/ secret=PnN
  oathtool: last=oathtool
  virsh: harmless=--secret secretLong=base64
  qemu-img qemu-system-x86_64 qemu-system-aarch64 qemu-nbd: /^secret,(?:[^,]{1,80},){0,4}data=(?<secret>[^,]+)/d
  crudini openstack-config: after=/(?:pass\w*|secret|token|key)$/i last=--set between=3
  xmlstarlet dasel: after=/(?:passw|secret|token)/i secret=v
  uci: after=set /^[\w.@[\]-]{1,80}\.(?:key\d?|password|psk|sae_password)=(?<secret>.+)$/ds
  ConvertTo-SecureString: last=ConvertTo-SecureString unless=/^\$/
  sshpass curl: substituted=fK
  chamber: last=write between=2 next
  keyctl: last=/^p?add$/ between=2 next
  keyctl: last=update between=1
  op: /^[\w. -]{1,64}\[(?:concealed|password)\]=(?<secret>.+)$/ds
  bw rbw: secretLong=session
  doppler travis buildkite-agent glab dotnet railway: after=/^(?:secrets?|variable|env|user-secrets)$/ last=set between=1 next unless=/=/
  glab gh: after=variable secret=v secretLong=value
  netlify ntl: last=env:set between=1 next
  supabase infisical railway: after=/^(?:secrets?|variables)$/ assigns
  eas drone: after=/^secret/ secretLong=value,data
  aws: after=/^(?:(?:--type=)?SecureString|(?:--name=)?\S*(?:password|passwd|secret|token|api-?key))$/i secretLong=value
  az: keys=--secure-environment-variables
  gcloud: last=activate-refresh-token between=1
  kubectl oc gcloud docker: after=/^(?:secrets?|config)$/ files=--from-file,--data-file,--from-env-file
  sops: last=set between=2
  vault: secretLong=id after=token
  etcdctl: after=user /^[\w.-]{1,64}:(?!\d{1,5}$)(?<secret>[^\s/:]+)$/d
  mc: after=alias|config last=set|add between=3 next
  mc: after=user last=add between=2
  ejabberdctl prosodyctl: last=register|change_password|adduser|passwd between=2
  filebrowser: last=add|update between=1
  salt salt-call: last=shadow.set_password|user.setpassword|mysql.user_create between=1
  virsh: last=set-user-password between=2
  virsh: last=secret-set-value between=1
  ipmitool: last=password between=1 next
  grafana grafana-cli neo4j-admin adb locksettings drush: last=/^(?:reset-admin-password|set-initial-password|set-(?:pin|password|pattern)|user:password|upwd)$/
  cf: last=auth between=1
  nuget zrok expose: last=/^(?:setapikey|enable|token)$/i next
  choco flask-unsign dexter: secret=k after=apikey
  rancher komac: after=login|token secret=t
  uv hatch bun: after=publish secret=ptat secretLong=otp
  caddy: after=hash-password secret=p secretLong=plaintext
  transmission-remote ttyd gotty: pair=nc
  transmission-daemon: secret=v
  ss-local ss-server ss-redir ss-tunnel sslocal ssserver sic mcrypt: secret=k
  socat: /\bproxyauth=[^:,]{1,64}:(?<secret>[^,]+)/d
  steamcmd steam: last=/^[+-]login$/ between=1 next unless=/^\+/
  guestfish virt-customize: /:key:(?<secret>.+)$/d
  iscsiadm: after=/password/ secret=v
  vmrun keytool: keys=-gp,-vp,-new
  zpaq: prefixes=-k
  dislocker dislocker-fuse: prefixes=-u
  ldapdomaindump: prefixes=-p
  pk12util ccrypt: secret=WK
  ldapmodify ldapsearch ldapadd cryptsetup certutil tpm2_create: substituted=ydf files=--key-file
  smbclient: last=/^(?:\/\/|\\\\)/ valued=-c,-U,-W,-I,-p,-D,-T,-t,-O,-m,-n,-d,-s,-l,-A,-B unless=/^(?:\/\/|\\\\)/ next
  networksetup: last=-setairportnetwork between=2
  dscl: keys=Password last=-passwd between=1
  security: after=set-keychain-password secret=op
  isql iusql: last=/^iu?sql$/ between=2
  db2: after=/^connect$/i keys=using,new,confirm,USING
  sftp ftp lftp curlftpfs: /^[^\s/:@=?&#]{1,128}:(?!\d{1,5}@)(?<secret>[^\s/@]+)@[\w.-]+(?::\d+)?(?:\/|$)/d
  username enable snmp-server tacacs-server radius-server neighbor ppp: last=secret|password|community|key next unless=/^\d$/
  crypto: after=isakmp last=key next unless=/^\d$/
  ip ntp: last=md5 next unless=/^\d$/
  snmp-server: keys=md5,sha,des,128,192,256
  radtest: last=radtest between=1 next valued=-t,-P
  radtest: last=radtest between=4
  radclient: last=auth|acct|status|disconnect|coa
  dig nsupdate kdig knsupdate mdig: pair=y
  doveadm: after=auth last=test|login between=1 next
  bundle: after=config /^[\w.-]{1,64}:(?!\d{1,5}$|\/\/)(?<secret>[^\s:/]+)$/d
  net net.exe: last=/^user$/i between=1 next unless=/^(?:\/.*|\*)$/
  net net.exe: last=/^use$/i unless=/^(?:\/.*|\\.*|[A-Za-z]:|[A-Za-z]:?\\.*|\*)$/s
  net: after=rpc last=password between=1 next
  schtasks schtasks.exe signtool signtool.exe ktpass certutil setx getmac tasklist systeminfo: keys=/rp,/p,-p
  sc sc.exe: keys=password=
  netsh netsh.exe: /^key(?:material)?=(?!clear$)(?<secret>.+)$/dis
  addcomputer.py atexec.py changepasswd.py dacledit.py dcomexec.py dpapi.py exchanger.py findDelegation.py Get-GPPPassword.py GetADUsers.py getArch.py GetLAPSPassword.py GetNPUsers.py getPac.py getST.py getTGT.py GetUserSPNs.py getTGT lookupsid.py machine_role.py mqtt_check.py mssqlclient.py mssqlinstance.py net.py netview.py ntlmrelayx.py owneredit.py ping.py psexec.py raiseChild.py rbcd.py rdp_check.py reg.py registry-read.py rpcdump.py rpcmap.py sambaPipe.py samrdump.py secretsdump.py services.py smbclient.py smbexec.py smbserver.py ticketer.py wmiexec.py wmipersist.py wmiquery.py impacket-getTGT impacket-GetUserSPNs impacket-GetNPUsers impacket-mssqlclient impacket-lookupsid impacket-samrdump impacket-rpcdump impacket-secretsdump impacket-psexec impacket-wmiexec impacket-smbexec impacket-smbclient: /^(?:[\w.-]{1,64}\/[\w.$ -]{1,64}:(?<secret>.+?)(?:@[\w.-]+)?|[\w.$ -]{1,64}:(?<other>.+)@[\w.-]+)$/ds
  passwd saslpasswd2 keepassxc-cli chpasswd chgpasswd newusers smbpasswd htdigest kinit su runas realm cryptsetup ecryptfs-add-passphrase encfs gocryptfs vncpasswd argon2 grub-mkpasswd-pbkdf2 gpg-preset-passphrase openconnect vpnc keyring lpass rbw chsh mysql_config_editor elasticsearch-reset-password x11vnc pveum: stdin
  sudo: stdin=/^-[A-Za-z]*S|^--stdin$/
  *: stdin=/^--?(?:password|passwd|passphrase|pass|token)-?(?:on-?)?(?:stdin|fd)\b|^--with-token$|^password_stdin$|^--stdin(?:-name)?$/
  openssl: stdin=stdin
  htpasswd: stdin=/^-[A-Za-z]*i/
  docker podman nerdctl: stdin=secret|unlock
  pass gopass secret-tool: stdin=insert|store
  gh glab wrangler gcloud heroku kubeseal: stdin=/^secrets?$/
  base64 basenc gbase64: stdin pairs
  op p4 npm pnpm yarn vercel circleci firebase flyctl fly vault keyctl zfs hdiutil borg age ipa trino adcli VBoxManage pw doas wp openssl kubectl fetchmail: stdin=signin|login|adduser|env|store-secret|functions:secrets:set|import|put|patch|write|padd|open|show|add|edit|clip|load-key|change-key|-stdinpass|init|create|key|--password|--stdin-password|addencpassword|-h|-S|passwd|secret|--auth|-p
`

const listed = (text: string | undefined): readonly string[] => text?.split(',') ?? []

function patternOf(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined
  const [, source = `^(?:${text.replaceAll('.', '\\.')})$`, flags] = /^\/(.+)\/([a-z]*)$/.exec(text) ?? []
  return new RegExp(source, flags)
}

function toolIn(row: string) {
  const at = row.indexOf(': ')
  const [, members = '', word] = /^(.*?)((?<= )\/.+\/[a-z]*)?$/.exec(row.slice(at + 1)) ?? []
  const told = new Map<string, string | undefined>()
  for (const member of members.trim().split(' ')) {
    const [name = '', value] = member.split(/=(.*)/s)
    told.set(name, value)
  }
  const get = (name: string): string | undefined => told.get(name)
  const has = (name: string): boolean => told.has(name)
  const option = (name: string): RegExp | undefined =>
    has(name) ? new RegExp(`^-[${get('flags') ?? ''}]{0,16}[${get(name)}]`) : undefined
  const set = (name: string): ReadonlySet<string> => new Set(listed(get(name)))
  return {
    names: row.slice(0, at).trim(),
    secret: option('secret'),
    pair: option('pair'),
    substituted: option('substituted'),
    separator: get('separator') ?? ':',
    secretLong: set('secretLong'),
    pairLong: set('pairLong'),
    files: set('files'),
    prefixes: listed(get('prefixes')),
    keys: set('keys'),
    each: Number(get('each') ?? 1),
    word: patternOf(word),
    last: patternOf(get('last')),
    next: has('next'),
    between: Number(get('between') ?? 0),
    unless: patternOf(get('unless')),
    valued: set('valued'),
    assigns: has('assigns'),
    asks: has('asks'),
    harmless: set('harmless'),
    after: patternOf(get('after')),
    leading: has('leading'),
    readsSecret: has('stdin'),
    stdin: patternOf(get('stdin')),
    pairs: has('pairs'),
  }
}

export type Tool = ReturnType<typeof toolIn>

export const ROWS: readonly Tool[] = TABLE.trim().split('\n').map(toolIn)

/** The rows of each tool that are not about its standard input, in their order. */
export const TOOLS = new Map<string, Tool[]>()
for (const tool of ROWS)
  for (const name of tool.readsSecret ? [] : tool.names.split(' '))
    TOOLS.set(name, [...(TOOLS.get(name) ?? []), tool])

/** The rows about standard input, with their tools; undefined for any. */
export const STDIN = ROWS.filter(({ readsSecret }) => readsSecret).map((tool) => ({
  tool,
  names: tool.names === '*' ? undefined : new Set(tool.names.split(' ')),
}))

const NAMES: ReadonlySet<string> = new Set(ROWS.flatMap(({ names }) => names.split(' ')))

/** A quote inside a word, which may hide a name. */
const BROKEN_WORD = /\w['"\\]+[\n\w]/

/** Words of the characters that names have. */
const WORDS = /[\w.*-]+/g

/** Quick test for a whole text: if false, no rule about tools applies. */
export const mayNameTool = (text: string): boolean =>
  BROKEN_WORD.test(text) || (text.match(WORDS) ?? []).some((word) => NAMES.has(word))
