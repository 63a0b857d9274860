// The files and directories that mean something to the system, to shells, git and AI tools, by their places: one table for all rules.
import { remembered, table } from './lookup.ts'

/**
 * A kind of files on each line, or on several, and the places of such files as globs: `{a,b}` is either, `*` what one name may have, `**`
 * any rest of a path. A glob that begins with `**` and a slash fits behind any directory; one without a slash in front counts from the home.
 * Classes and lookaheads of patterns may stand in it.
 *
 * - accounts, mounts: with what the system starts and whom it trusts. governing: directories in which every file takes effect; unpacking into
 *   one counts, since the names of the files are not seen. dropin: made for dropping files into, files that guides tell people to write, and
 *   what the kernel shows as files. owned: files whose owner the whole system relies on.
 * - jobs: what runs by the clock or when a device appears. logins: keys that log in. later: what runs at a start, at a login or at an event, and
 *   settings of audit and log. unasked: what an AI tool has run later, or starts unasked. startup, schedule, unit, trusted: what is read as code
 *   when the line writes it; what the system trusts holds no code. webcode: programs below a directory whose files a web server runs.
 * - start, startsall: start files of a person's shells and settings, and of all shells. history: what was typed.
 * - protection, admits: settings of firewalls, of confinement and of what watches logins; and who may log in, or what is recorded.
 * - key: private keys that cannot be made again. keyfile: keys and passwords by name. credential: in a home; secret: anywhere, those by name
 *   included. stays: private files that their owner and tools read every day, which count as secrets only when they are sent away.
 *   keystore, secrets: directories that hold nearly nothing but credentials, in a home or anywhere. project: in which projects keep them.
 */
const KINDS = table(String.raw`
  accounts: /etc/{passwd,shadow,group,gshadow,sudoers,sudoers.d/**,fstab,pam.d/**,crypttab,ld.so.preload}
  mounts: /etc/{fstab,crypttab}
  governing: /etc{,/{sudoers.d,pam.d,cron.[a-z]+,ssh,profile.d,ld.so.conf.d}} /{,usr/}{bin,sbin} /boot
  dropin: /etc/{**.d/**,apt/**,default/**,nginx/**,systemd/system/**,docker/**,hosts,hostname,environment,motd,issue,profile}
  dropin: /usr/share/keyrings/** /dev/** /proc/(?!sys)** /proc/sys/vm/drop_caches** /sys/class/{leds,backlight}**
  owned: /etc/{passwd,{,g}shadow,sudoers**,group,hosts,crontab,fstab,pam.d/**,ssh/**,cron.\w+/**,systemd/**} /{,usr/}{,s}bin/** /boot/**
  jobs: /etc/{crontab,cron.[a-z]+/*{,/**},anacrontab,udev/rules.d/*{,/**}} /var/spool/cron/*{,/**}
  logins: **/.ssh/authorized_keys{,2}
  sshsettings: **/.ssh/config /etc/ssh/ssh_config**
  later: **/systemd/{system,user}{,-generators}{,/**} **/.config/{autostart,environment.d,plasma-workspace/{env,shutdown}}{,/**}
  later: **/.{xsession,xsessionrc,xinitrc,xprofile,ssh/rc} **/.git/hooks/[\w-]+ /boot{,/**}
  later: /etc/{init.d,rc{,\d}.d,rc.local,xdg/autostart,profile,bash,zsh,zprofile,fish,environment,skel,security,pam.d,systemd,inittab}**
  later: /etc/{update-motd,ld.so.conf,modules,modprobe,init/,udev/rules,dbus-1/system,csh.,network/if-,initramfs,dracut.conf,rsyslog}**
  later: /etc/{syslog,audit,logrotate,apt/apt.conf,NetworkManager/dispatcher.d,X11/{Xsession,xinit,xdm},gdm{,\d}/,dhcp/**hooks,ppp/ip}**
  later: /etc/{kernel/**.d,acpi/,pm/,letsencrypt/renewal-hooks,emond,periodic,newsyslog}**
  later: **/{site,dist}-packages/*.pth **/{site,user}customize.py **/Library/Launch{Agents,Daemons}/**
  unasked: /etc/{crontab,cron.[a-z]+/*{,/**},anacrontab} /var/spool/cron/*{,/**} **/.ssh/{authorized_keys{,2},config} **/.gitconfig **/.git/config
  unasked: **/.{,\w+/}mcp{,-config}.json **/{.claude.json,opencode.json{,c}}
  unasked: **/{.config/,.}{opencode/tool{,s},{opencode,github,copilot,gemini,claude}/{plugin,extension,hook}{,s}}/**
  startup: **/.{bashrc,bash_profile,bash_login,bash_logout,profile,zshrc,zprofile,zshenv,zlogin,xprofile,xinitrc,xsession}
  startup: **/.config/fish/{config.fish,conf.d/*} **/.git/hooks/*
  startup: /etc/{profile{,.d/*},bash.bashrc,zsh/*,rc.local,cron.{hourly,daily,weekly,monthly}/*}
  schedule: /etc/{crontab,cron.d/*}
  unit: **/systemd/{system,user}/**.{service,timer,socket} /etc/udev/rules.d/** **.desktop
  trusted: **/.ssh/{authorized_keys{,2},config,rc} /etc/{ld.so.preload,sudoers{,.d/**},pam.d/**,hosts}
  webcode: /{var/www,srv/{www,http},usr/{share,local}/nginx,usr/lib/cgi-bin,var/lib/tomcat[0-9]*,opt/tomcat/webapps}/{**.{php{,\d},phtml,phar,jsp{,x},asp{,x},cgi,pl,py,war},{,**/}{cgi-bin/*,.htaccess,.user.ini}}
  start: **/.{bashrc,bash_profile,profile,zshrc,zprofile,zshenv,bash_logout,config/fish/config.fish,vimrc,gitconfig,tmux.conf}
  start: **/.ssh/{config,authorized_keys,known_hosts}
  startsall: /etc/{profile,bash.bashrc,bashrc,zshrc,zprofile,zshenv,profile.d/*,zsh/*,fish/**,environment} **/.config/fish/{conf.d,functions}/*
  history: **/.{bash_history,zsh_history,history,local/share/fish/fish_history,python_history,mysql_history,psql_history,lesshst}
  history: /var/{,spool/}mail/*
  protection: /etc/{ufw,default/ufw,iptables,nftables,selinux,apparmor,fail2ban,crowdsec,hosts.{allow,deny},sysctl.,securetty,login.defs}**
  protection: /etc/{ssh/sshd_config,doas.conf,polkit-1/,audisp/,libaudit.conf,nsswitch.conf,krb5.conf}** /etc/{shells,motd,{cron,at}.{allow,deny}}
  protection: /{,sys/fs/}selinux/** /sys/kernel/security/** /var/log/{[bw]tmp,lastlog,faillog,tallylog,audit/}** /{,var/}run/utmp** /{,usr/}{,s}bin/*
  admits: **/.ssh/authorized_keys{,2} /etc/{audit,apparmor.d,pam.d,sudoers.d,fail2ban,ssl/certs}/**
  key: **/.ssh/id_(?!**.pub$)[^/]+ **/.gnupg/{private-keys-v1.d/**,secring.gpg}
  keyfile secret: **/{id_{rsa,dsa,ecdsa,ed25519},identity.key,.git-credentials,.pgpass,.netrc} **/.ssh/id_[^/.]*[*?][^/.]*
  credential: .ssh/(?!**.pub$|known_hosts|config$|authorized_keys)[^/]+ .aws/credentials .gnupg{,/**} .kube/config .netrc .git-credentials .pgpass
  credential: .my.cnf .docker/config.json .npmrc .pypirc .config/gcloud/**{credentials,token}** .azure/**token** .password-store{,/**}
  credential: .local/share/{karo/identity.key,keyrings/**} .vault-token .config/gh/hosts.yml .terraform.d/credentials.tfrc.json .s3cfg .boto
  credential: .mozilla/firefox/*/{logins.json,key[34].db,cookies.sqlite} .config/{google-chrome,chromium,BraveSoftware}/**{Login\sData,Cookies,Web\sData}
  credential: .config/rclone/rclone.conf .cargo/credentials{,.toml} .gem/credentials .config/hub
  secret: /{,var/}run/secrets/** /proc/\w+/environ /var/lib/karo/identity.key /var/lib/{sss/{db,secrets},samba/private,krb5kdc}/**
  secret: /etc/{shadow,gshadow,sudoers,ssh/ssh_host_**_key,ssl/private/**,karo/**.key,krb5.keytab,security/opasswd}{,-}
  secret: /etc/{NetworkManager/system-connections/**,wpa_supplicant/**.conf,ppp/{chap,pap}-secrets,ipsec.secrets,openvpn/**.key,wireguard/**.conf}{,-}
  stays: **/{.env{,.[\w-]+},*.{pem,key,p12,kdbx},.bash_history,.zsh_history} /etc/{passwd,group,hosts.equiv}
  keystore: .ssh .gnupg .aws .azure .password-store .config/gcloud .mozilla/firefox{,/*} .config/{google-chrome,chromium,BraveSoftware}{,/**}
  secrets: /etc/{ssh,ssl/private,krb5kdc,wireguard}
  project: **/{secret{,s},credential{,s},service[-_]account*,client_secret*,auth}.{json,yaml,yml,toml,env,ini,txt,tfvars}
  project: **/{master.key,.htpasswd,.npmrc,.pypirc,*.{jks,keystore,pfx,ppk,tfvars}}
`)

const SIGNS: Readonly<Record<string, string>> = {
  '{': '(?:', ',': '|', '}': ')', '.': '\\.', '*': '[^/]*', '**': '[^]*', '/*': '/[^/]+', '/**': '/[^]*',
} // biome-ignore format: a compact table

const patternOf = (glob: string): string => {
  const end = glob
    .replace(/^\*\*\//, '')
    .replace(/\\.|\[[^\]]*\][*+?]?|\/?\*\*?|[{,}.]/g, (sign) => SIGNS[sign] ?? sign)
  return (glob.startsWith('**/') ? '(?:^|/)' : '^') + end
}

/** The pattern of the paths of such files; undefined where the table has no such kind. */
export const knownFiles = remembered((kind) => {
  const globs = KINDS.of(kind)?.map(patternOf)
  return globs && new RegExp(`(?:${globs.join('|')})$`)
})

/** Whether the path is one of such a file. */
export const isKnown = (kind: string, path: string): boolean => knownFiles(kind)?.test(path) === true
