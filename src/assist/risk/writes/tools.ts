// Data for positions.ts: tools that name a file which they write, and where in their words its name stands.

/** Reads lines of `tools: words`; each of the tools gets the words. */
function table(text: string): Readonly<Record<string, readonly string[]>> {
  const lines = text.trim().split(/\s*\n\s*/)
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [names = '', words = ''] = line.split(': ')
      return names.split(' ').map((name) => [name, words.split(' ')] as const)
    }),
  )
}

const names = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/**
 * Options whose value is a file that the tool writes. A letter is a short option: alone, at the end of a cluster, or joined
 * to its value. A longer name is a long option, behind one dash or two.
 */
export const OUTPUT_OPTIONS = table(`
  sort gsort shuf gshuf: o output
  curl: o output D dump-header c cookie-jar trace trace-ascii stderr libcurl etag-save hsts alt-svc
  wget wget2: O output-document o output-file a append-output save-cookies rejected-log hsts-file warc-file
  aria2c: o out l log save-session save-cookies
  axel yt-dlp youtube-dl http https xh: o output
  gcc g++ cc c++ c99 clang clang++ tcc gfortran gccgo rustc rustdoc ghc ocamlc ocamlopt swiftc emcc nim: o output MF MJ
  go: o coverprofile cpuprofile memprofile trace
  ld ld.bfd ld.gold ld.lld mold gold as nasm yasm: o output Map
  esbuild: outfile metafile
  tsc: outFile outfile tsBuildInfoFile
  rollup webpack swc babel cleancss uglifyjs terser svgo: o output out-file
  openssl: out keyout writerand
  gpg gpg2 gpgsm: o output logger-file status-file
  age rage age-keygen: o output
  sops: output
  minisign: s x
  pandoc asciidoctor asciidoc mmdc: o output
  dot neato fdp sfdp circo twopi: o
  groff enscript a2ps dvips makeinfo xgettext msgfmt msgmerge msgcat msgconv bison yacc flex html2text: o output
  ctags: o f
  xsltproc xmllint xmlstarlet tidy: o output
  gs: o sOutputFile
  jpegtran cjpeg djpeg: outfile
  cwebp dwebp oggenc oggdec flac qrencode barcode zint: o output
  iconv: o output
  m4: debugfile
  uudecode base64 xmlsec1 objdump: o output
  patch gpatch: o output r reject-file
  sdiff: o output
  strace ltrace dtruss bpftrace perf: o output
  valgrind: log-file xml-file
  time gtime: o output
  tcpdump tshark dumpcap wireshark varnishlog varnishncsa: w
  ngrep: O
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
  gtester: o
  flake8 ruff eslint stylelint bandit semgrep trivy pylint: o output output-file
  psql: o output L log-file
  pg_dump pg_dumpall pg_restore: f file
  mysql mariadb: tee
  mysqldump mariadb-dump: r result-file log-error
  mongodump mongoexport: o out archive
  redis-cli: rdb functions-rdb
  iptables-save ip6tables-save: f file
  dmidecode: dump-bin
  sfdisk: backup-file
  cryptsetup: header-backup-file
  ssh: E
  ssh-copy-id: t
  rsync rclone: log-file
  cpio: O F file
  pv mbuffer: o output
  nc ncat netcat: o output append-output
  git: output
  docker podman: o output cidfile iidfile
  terraform tofu: out state-out
  genisoimage mkisofs xorriso xorrisofs: o outdev
  tree: o
  minicom: C capturefile
  openvpn: log log-append writepid status
  csplit: f prefix
  less: o O log-file LOG-FILE
  logrotate: s state l log
  journalctl: cursor-file
  asciinema: o output
  protoc: descriptor_set_out dependency_out
  node nodejs: redirect-warnings trace-event-file-pattern cpu-prof-name heap-prof-name
  fish: debug-output profile profile-startup d o
  xz zstd lz4 brotli: o
  zip: O output-file log-file
  qemu-nbd: pid-file
  partclone.restore: o output O overwrite
`)

/**
 * Names of options by which tools outside these tables usually name the file they write; USUAL_STARTS are their
 * beginnings.
 */
export const USUAL_OPTIONS: readonly string[] = [
  'o',
  'O',
  'output',
  'out',
  'outfile',
  'output-file',
  'out-file',
  'log-file',
  'logfile',
]
export const USUAL_STARTS: readonly string[] = ['-o', '-O', '--out', '--log']

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
  lsattr du df pwd which whereis test whoami id
`)

/** Tools that write the last of two or more operands. */
export const LAST_OPERAND = names(`
  cp gcp mv gmv install ginstall ln gln scp rsync rcp convert magick ffmpeg avconv sox rec qpdf pdfunite ps2pdf wkhtmltopdf
  wkhtmltoimage e2image sftp ditto rsvg-convert wasm-opt objcopy
`)

/** Tools that write their second operand, as in `uniq IN OUT`. */
export const SECOND_OPERAND = names(`
  uniq guniq xxd split gsplit ddrescue lame pdftotext pdfseparate tesseract lwp-download sass sassc lessc mksquashfs bspatch
`)

/** Tools that write their first operand. */
export const FIRST_OPERAND = names('zip mknod patch gpatch script ranlib crudini logsave')

/** Tools that write each of their operands. */
export const EVERY_OPERAND = names(`
  truncate gtruncate shred gshred fallocate sponge mkfifo dos2unix unix2dos mac2unix unix2mac recode strip gstrip patchelf
  elfedit chrpath jpegoptim optipng mogrify exiftool isort black rustfmt scrub
`)

/** Tools that fill a directory with files whose names the line does not show. */
export const FILLERS = names(
  'unzip unar unrar aria2c pip pip3 restic dpkg-deb tar gtar bsdtar rustdoc cpio pax',
)

/** Tools that change their operands in place if one of these options is given. */
export const IN_PLACE = table(`
  sed gsed perl ruby clang-format autopep8 yapf: i in-place
  yq: i inplace in-place
  xmlstarlet xml: L inplace
  tidy: m modify
  gofmt goimports shfmt gofumpt prettier biome dprint: w write
  eslint stylelint ruff: fix
  gawk: i include
`)

/** Words with a file behind a key, as in `dd of=FILE`. */
export const KEYED: Readonly<Record<string, RegExp>> = {
  dd: /^of=([\s\S]+)$/,
  gdd: /^of=([\s\S]+)$/,
  dcfldd: /^(?:of|hashlog|errlog)=([\s\S]+)$/,
  dc3dd: /^(?:of|hof|log|hlog)=([\s\S]+)$/,
  socat: /^(?:open|create|creat|gopen|file|pipe):([^,]+)/i,
  mcs: /^[-/]out:([\s\S]+)$/,
  exiftool: /^-(?:filename|o)=([\s\S]+)$/i,
  zig: /^-femit-bin=([\s\S]+)$/,
}
