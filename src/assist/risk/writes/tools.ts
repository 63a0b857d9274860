// Data for positions.ts: tools that write files, and the options by which they name them; operands.ts has the other places.

import { names, table } from '../lookup.ts'

/**
 * Options whose value is a file that the tool writes, by the tools' own manual pages. A letter is a short option: alone, at the end of a cluster, or joined
 * to its value. A longer name is a long option, behind one dash or two.
 */
export const OUTPUT_OPTIONS = table(`
  sort gsort shuf gshuf axel yt-dlp youtube-dl http https xh age rage age-keygen pandoc asciidoctor asciidoc mmdc groff enscript a2ps dvips makeinfo xgettext msgfmt msgmerge msgcat msgconv bison yacc flex html2text xsltproc xmllint xmlstarlet tidy cwebp dwebp oggenc oggdec flac qrencode barcode zint iconv uudecode base64 xmlsec1 objdump sdiff strace ltrace dtruss bpftrace perf time gtime pv mbuffer asciinema: o output
  curl: o output D dump-header c cookie-jar trace trace-ascii stderr libcurl etag-save hsts alt-svc
  wget wget2: O output-document o output-file a append-output save-cookies rejected-log hsts-file warc-file
  aria2c: o out l log save-session save-cookies
  gcc g++ cc c++ c99 clang clang++ tcc gfortran gccgo rustc rustdoc ghc ocamlc ocamlopt swiftc emcc nim: o output MF MJ
  go: o coverprofile cpuprofile memprofile trace
  ld ld.bfd ld.gold ld.lld mold gold as nasm yasm: o output Map
  esbuild: outfile metafile
  tsc: outFile outfile tsBuildInfoFile
  rollup webpack swc babel cleancss uglifyjs terser svgo: o output out-file
  openssl: out keyout writerand
  gpg gpg2 gpgsm: o output logger-file status-file
  sops git: output
  minisign: s x
  dot neato fdp sfdp circo twopi gtester tree xz zstd lz4 brotli: o
  ctags: o f
  gs: o sOutputFile
  jpegtran cjpeg djpeg: outfile
  m4: o error-output debugfile
  patch gpatch: o output r reject-file
  valgrind: log-file xml-file
  tcpdump tshark dumpcap wireshark varnishlog varnishncsa espeak espeak-ng: w
  ngrep start-stop-daemon gh: O
  screen: Logfile
  rlwrap: l H
  history: w a
  script: I O B T log-in log-out log-io log-timing
  hashcat: o outfile potfile-path
  hydra gobuster ffuf nikto wfuzz masscan zmap: o output output-file oX oJ oG oL
  nmap: oN oX oS oG oA
  john: pot
  pip pip3: log
  pytest py.test: junitxml junit-xml
  mypy: junit-xml
  flake8 ruff eslint stylelint bandit semgrep trivy pylint: o output output-file
  psql: o output L log-file
  pg_dump pg_dumpall pg_restore iptables-save ip6tables-save udp-receiver: f file
  mysql mariadb: tee
  mysqldump mariadb-dump: r result-file log-error
  mongodump mongoexport: o out archive
  redis-cli: rdb functions-rdb
  dmidecode: dump-bin
  sfdisk: backup-file
  cryptsetup: header-backup-file
  ssh kdig: E
  ssh-copy-id: t
  rsync rclone: log-file
  cpio: O F file
  nc ncat netcat: o output append-output
  docker podman: o output cidfile iidfile
  terraform tofu: out state-out
  genisoimage mkisofs xorriso xorrisofs: o outdev
  minicom: C capturefile
  mvn: l log-file
  gnome-screenshot spectacle flameshot: f o p file
  openvpn: log log-append writepid status
  csplit: f prefix
  less: o O log-file LOG-FILE
  logrotate: s state l log
  journalctl: cursor-file
  protoc: descriptor_set_out dependency_out
  node nodejs: redirect-warnings trace-event-file-pattern cpu-prof-name heap-prof-name
  fish: debug-output profile profile-startup d o
  zip: O output-file log-file
  qemu-nbd: pid-file
  partclone.restore: o output O overwrite
  diffoscope: o output text html json markdown restructured-text profile
  convert mogrify display animate compare composite montage import: write
  ffmpeg avconv: sdp_file vstats_file passlogfile attach
  mkvextract mkvinfo mkvmerge mkvpropedit: r o
  metaflac: export-tags-to export-cuesheet-to export-picture-to
  cdparanoia: l L log-summary log-debug
  amidi: r receive
  setfont: o om ou
  makeindex mendex: o t
  texi2any makeinfo: o E macro-expand
  splint lshw: dump
  memusage: p d png data
  hg: o output bundle export-marks mbox A E accesslog errorlog
  airodump-ng makeivs-ng packetforge-ng mergecap btmon hcidump: w write save-dump
  tcpflow: w X
  androiddump ciscodump sshdump udpdump sdjournal dpauxmon randpktdump: fifo
  aircrack-ng xsel slapcat virsh virt-admin: l
  hcxdumptool: o w
  sslscan: xml
  binwalk: f csv
  fiwalk: A X T m
  mactime: i
  clamscan clamdscan clamonacc rkhunter: l log
  goaccess: o invalid-requests
  lnav: d w
  siege iptraf-ng: L
  ab: e g
  locust: csv html
  k6: o summary-export
  smtp-sink: d D
  msmtp: X
  wput: a o
  luit: ilog olog
  xterm: lf
  lftp: script
  rhash: l o u update
  zpaq: index to
  dar: c create C isolate
  dump: f A
  xfsdump dropbearkey dnssec-signzone: f
  restore nbdkit ser2net stunnel3 sslh memcached dropbear minidlnad hostapd varnishd varnishlog varnishncsa pv: P
  sgdisk: b backup
  hdparm: Iraw
  e2fsck mke2fs resize2fs tune2fs debugfs: z
  gpart: b l
  ddrescue: log-events log-rates log-reads
  dd_rescue: l o
  partclone.dd partclone.ext4 partclone.ntfs partclone.vfat: o O overwrite
  veritysetup: root-hash-file
  getcert ipa-getcert: f k certfile keyfile
  tor-gencert: i s c
  keytool: destkeystore
  jarsigner: signedjar
  crm_mon: p h as-html
  crm_simulate crm_verify: I G D S save-input save-graph save-dotfile save-xml
  fail2ban-server fail2ban-client clamd dockerd uuidd vnstatd syslog-ng haveged haproxy pacemakerd certmonger: p
  chronyd glusterd radvd: l p
  keepalived: g p
  monit: l s p
  supervisord: l j
  daemon: P F l b o
  rsyslogd iperf3: i I
  smartd: A attributelog p
  xinetd: filelog
  icinga2: e
  jnettop: d
  qemu-system-x86_64 qemu-system-aarch64 kvm: D
  pulumi syft: o file
  cosign: bundle
  mongofiles: l local
  mysqlbinlog mariadb-binlog mysqlpump: r result-file
`)

/** Short options by which tools outside these tables usually name the file they write. */
export const USUAL_OPTIONS: readonly string[] = ['o', 'O']
/** Beginnings of words that may be such an option, or a long one that USUAL_LONG or USUAL_JOINED tell. */
export const USUAL_STARTS: readonly string[] = ['-o', '-O', '--', '-log']

/** A quick look at a word: whether it may be such an option. Most long options are not. */
export const MAY_BE_USUAL =
  /^-(?:[oO]|[-\w]*?(?:out|log|save|dump|record|report|trace|write|append|export|result|stat|metric|dest|file|history|pid))/

/**
 * Long options whose value is a file to write, by the words of their name: `--output`, `--error-log`, `--save-to`. In the
 * manual pages of some 700 packages of Debian, nearly every option of such a name is one.
 */
export const USUAL_LONG =
  /^--?(?:[a-zA-Z]\w*[-_])*(?:(?:out|output|outfile|(?:err|error|access|debug|dbg|job)?log|logfile|dumpfile|(?:pid|cid|iid|digest|save)file)(?:[-_]?(?:file|to|path|name|filename))?|(?:save|dump|report|record|trace|write|append|export|results?|stats|statistics|history|metrics|dest|destination|pid)[-_]?(?:file|to|path|filename)|redirect[-_]output)$/
/** Names that are switches of some tools, such as `--stats`: they count only as `--stats=FILE`. */
export const USUAL_JOINED =
  /^--(?:[a-zA-Z]\w*[-_])*(?:save|dump|report|record|trace|write|append|export|results?|stats|metrics|dest|destination)$/

/** Tools whose words with one dash are long options, so that no clusters are read: only `-o FILE` and `-oFILE`. */
export const NO_CLUSTERS = names(`
  gcc g++ cc c++ c99 clang clang++ tcc gfortran gccgo go rustc rustdoc ghc ocamlc ocamlopt swiftc emcc nim ld ld.bfd ld.gold ld.lld
  mold gold as nasm yasm openssl dot neato fdp sfdp circo twopi gs xorriso xorrisofs genisoimage mkisofs nmap masscan cwebp dwebp
  terraform tofu xz hashcat screen
`)

/** Tools that write no file, whatever their words. A shell runs a plain line of such a tool without asking. */
export const ONLY_READ = names(`
  cat tac head tail nl ls stat wc cksum sum md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum od hexdump hd strings
  cmp comm diff diff3 grep egrep fgrep zgrep cut fold fmt expand unexpand join basename dirname realpath readlink namei getfacl
  lsattr du df pwd which whereis test [ [[ whoami id
`)

/** Tools that run none of their words, texts and input, and write a file, if at all, only at their write positions. */
export const SHOWS = names(`
  echo printf print less more most bat tee xxd file dir exa eza lsd tree cd pushd popd rg ag ack jq tr sort uniq paste column rev
  colordiff sdiff mkdir true false : set read history type man info gh glab hub logger notify-send mail mailx curl wget xclip
  xsel wl-copy pbcopy karo claude codex gemini copilot aider alias abbr complete compgen bind trap exit return let base64 base32
  iconv sleep
`)
