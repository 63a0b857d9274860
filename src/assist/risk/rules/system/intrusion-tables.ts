// Tables for intrusion.ts: programs made for breaking in, and words of everyday tools that see, hide or enter.

import { patterns } from '../../lookup.ts'
import { tools } from '../rule.ts'

/** Programs made for breaking in, and for staying unseen, by the names under which their authors give them out. */
export const ATTACK_TOOLS = tools(
  `lazagne mimipenguin linpeas winpeas linenum lse linux-exploit-suggester linux-exploit-suggester-2 les linux-smart-enumeration unix-privesc-check
  autosuid suid3num pspy pspy32 pspy64 pspy32s pspy64s gtfonow traitor deepce cdk-linux amicontained peirates kubeletctl pacu stratus cloudfox
  msfconsole msfvenom msfdb meterpreter sliver sliver-server sliver-client merlin havoc covenant empire starkiller villain hoaxshell weevely pupy
  chisel ligolo ligolo-ng revsocks reptile diamorphine suterusu azazel jynx beurk bdvl kbeast adore-ng enyelkm bpfdoor triplecross ebpfkit pidhide
  hydra medusa ncrack patator crowbar thc-hydra crackmapexec netexec nxc evil-winrm bloodhound-python kerbrute responder impacket-secretsdump
  secretsdump bettercap ettercap arpspoof dsniff sslstrip mitm6 routersploit beef-xss setoolkit sqlmap commix wpscan nikto xsser aircrack-ng
  aireplay-ng wifite reaver swaks gophish
  john hashcat hcxdumptool brutespray masscan zmap unicornscan slowloris goldeneye torshammer thc-ssl-dos t50 steghide outguess iodine dnscat dnscat2 dns2tcpc dns2tcpd ptunnel icmpsh icmptunnel hans godoh poshc2 koadic mythic deimosc2
  nimplant wstunnel
  earthworm microsocks 3proxy xmrig xmr-stak cpuminer minerd ccminer cgminer t-rex nbminer lolminer ethminer phoenixminer`,
)
/** Words that hold a password: it stands in the list of processes, which every user of the machine can read. */
export const PASSWORDS = patterns(String.raw`
  sshpass: ^-p ?\S
  zip zipcloak unzip: (?:^| )(?:-P|--password[= ]?) ?\S
  7z 7za 7zz rar unrar: (?:^| )-h?p[^ ]
  mysql mysqldump mysqladmin mariadb mariadb-dump mysqlimport: (?:^| )(?:-p[^ ]|--password=\S)
  mongo mongosh mongodump mongorestore: (?:^| )(?:-p|--password)[= ](?!-)\S|mongodb(?:\+srv)?://[^: /]{1,200}:[^@ ]{1,200}@
  psql pg_dump pg_restore pgcli: postgres(?:ql)?://[^: /]{1,200}:[^@ ]{1,200}@
  redis-cli valkey-cli: (?:^| )(?:-a|--pass) \S
  openssl: (?:^| )-(?:pass|passin|passout|k|password) (?!(?:file|env|fd|stdin|prompt)\b)(?:pass:)?\S
  gpg gpg2: --passphrase[= ]\S
  ldapadd ldapmodify ldapsearch ldapdelete ldappasswd: (?:^| )-w ?\S
  smbclient rpcclient smbget mount.cifs: (?:^| )(?:-U|--user=?) ?[^ ]+%|password=
  wget: --(?:http-|ftp-)?password=\S
  xfreerdp rdesktop freerdp wfreerdp: (?:^| )(?:/p:|-p )(?!-(?: |$))\S
  docker podman nerdctl: ^login .*(?:-p|--password)[= ](?!-)\S
  htpasswd: ^-[a-zA-Z]*b
  useradd usermod: (?:^| )(?:-p|--password)[= ]\S
  keytool: -(?:store|key)pass \S
  sqlcmd: (?:^| )-P ?\S
  sqlplus: ^[^ /]{1,200}/[^ @]{1,200}@
  ansible ansible-playbook: (?:ansible_(?:ssh_|become_)?pass(?:word)?|ansible_sudo_pass)=\S
  svn: --password[= ]\S
  ccrypt ccencrypt ccdecrypt: (?:^| )(?:-K|--key) ?\S
  chpasswd: ^$
`)

/** Options by which tools record what a person sees, says or types. */
export const RECORDS = patterns(String.raw`
  xwd: -root
  import: -window root
  gnome-screenshot scrot maim xfce4-screenshooter spectacle flameshot grim: ^
  arecord parecord parec: ^(?!.*(?:-l|--list-devices|-L|--help|--version))
  ffmpeg: -f (?:x11grab|kmsgrab|alsa|pulse|avfoundation|v4l2)\b
  xinput: ^(?:test|--test)\b
  showkey logkeys evtest: ^(?!.*(?:-h|--help))
  xspy: ^
  streamer fswebcam: ^
  cat dd xxd od hexdump tee: (?:^|[ =])/dev/input/(?:event|by-)
`)

/** Words by which a tool trusts another certificate authority. */
export const TRUSTS = patterns(String.raw`
  update-ca-certificates update-ca-trust: ^(?!.*(?:--help|-h)\b)
  trust: ^anchor (?!.*--remove)
  certutil: (?:^| )-A\b.{0,300} -t ?['"]?[A-Za-z]{0,8}C
  security: ^add-trusted-cert\b
  mkcert: ^-install\b
`)

/** Words that enter the machine from a container or a name space, or open a shell with another's rights. */
export const ENTERS = patterns(String.raw`
  nsenter: (?:^| )(?:-t ?1|--target[= ]1|-a|--all)(?: |$)
  capsh: (?:^| )--(?: |$)
  unshare: (?:^| )(?:-[a-zA-Z]{0,8}r[a-zA-Z]{0,8}|--map-root-user)(?: |$)
  pkexec: ^(?:--\S{1,40} )*(?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh(?: |$)
  sudo: (?:^| )(?:-u ?|--user[= ])#-1(?: |$)|^(?:-R|--chroot)
  systemd-run: --uid[= ](?:0|root)\b.{0,300}\b(?:ba|z|da)?sh$
  ctr crictl: ^(?:-\S{1,40} )*run .{0,300}--(?:privileged|with-ns|mount)\b
  kubectl k oc: ^run .{0,600}(?:--privileged\b|"(?:privileged|hostPID|hostNetwork)" ?: ?true|"hostPath")
  curl: ^(?=.*(?:-X ?P|-d|--data|/(?:create|start|exec|kill|archive)\b)).*/(?:docker|containerd|podman|crio)\.sock\b
  socat nc ncat: /(?:docker|containerd|podman|crio)\.sock\b
  debugfs: (?:^| )(?:-w|-[Rf])
`)

/** Words by which a tool reads or changes another running program, or hides one behind a mount. */
export const INJECTS = patterns(String.raw`
  gdb: (?:^| )(?:-p|--pid|attach)[= ]?\d.{0,600}(?:\bcall\b|-batch|-ex|dump|generate-core)|^(?:-p|--pid)[= ]1$
  strace ltrace: (?:^| )-p.{0,300}(?:ssh|sudo|passwd|login|agent|\bsu\b)
  mount: (?:--bind|-B|-o \S{0,80}bind|-t tmpfs|--move|-M) .{0,300}/proc/[\d$]
  procdump: (?:^| )-(?:p|pid|w)\b
`)

/** Words by which a tool that runs commands is told to open a shell. */
export const OPENS = patterns(`
  tar gtar bsdtar: (?:--checkpoint-action=exec=|--to-command[= ]|--use-compress-program[= ]|-I ?)(?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh(?: |$)
  zip: (?:-TT|--unzip-command) ?(?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh(?: |$)
  rsync: (?:-e|--rsh)[= ](?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh(?: |$)
  ssh scp sftp: (?:ProxyCommand|LocalCommand|KnownHostsCommand)[= ];?(?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh(?: |$)
`)
