// Data for positions.ts: words of tools, other than values of options, that name a file to write or a directory to fill.
import { formsOf } from '../forms.ts'
import { unpacks } from './option-values.ts'

/** Words that name files which the command writes. */
export const WRITES = formsOf(
  `
  cp|gcp|mv|gmv|install|ginstall|ln|gln|scp|rsync|rcp|sftp|ditto|link|sln|dar_cp|cpdup|uucp|pdcp|sbcast|mcopy|
  convert|magick|compare|composite|montage|import|stream|conjure|ffmpeg|avconv|sox|rec|cueconvert|toc2cue|vcut|
  pngcp|pngcrush|guetzli|zopflipng|cjxl|djxl|avifenc|avifdec|heif-convert|sam2p|rsvg-convert|svgexport|wkhtmltoimage|xcursorgen|
  pal2rgb|raw2tiff|rgb2ycbcr|thumbnail|tiff2bw|tiff2rgba|tiffcp|tiffcrop|tiffdither|tiffmedian|
  qpdf|pdftk|pdfunite|pdfattach|pdfsig|pdfcrop|pdftocairo|pdftops|pdftohtml|pdftoppm|pdf2dsc|pdf2ps|eps2eps|ps2ps|ps2pdf|ps2epsi|
  ps2ascii|dvipdf|dvispc|dt2dv|dv2dt|psbook|psresize|psselect|pstops|epsffit|pfbtopfa|wkhtmltopdf|
  psfaddtable|psfstriptable|psfgettable|memusagestat|merge_unicharsets|yarac|localedef|wasm-opt|objcopy|mkzftree|
  reordercap|dropbearconvert|grub-menulst2cfg|decodemail|exim_dbmbuild|corosync-xmlproc|sqlite3_rsync|
  e2image|e2undo|dd_rescue|xfs_copy|xfs_rtcp|xfs_metadump|xfs_mdrestore|xfsrestore|btrfs-image|resize-part-image|
  rdiff|rdiff-backup|xdelta3|tsk_recover|virt-copy-out target<several>
  gio copy|move|save * last<any>
  rclone copyto|moveto|copyurl * last<any>
  gsutil cp|mv * last<any>
  mc cp|mv|get * last<any>
  s3cmd get * last<any>
  b2 file|download-file|download-file-by-name|download-file-by-id * last<any>
  tmux save-buffer|saveb * last<any>
  docker|podman|kubectl cp * last<any>
  svn export * last<any>
  aws s3 * last<any>
  qemu-img convert * * last<any>
  qemu-img create {any}
  virsh … vol-download|screenshot|save|dump last<any>
  virsh … vol-upload operands<beforeLast>
  uniq|guniq|xxd|split|gsplit|ddrescue|lame|pdftotext|pdfseparate|tesseract|lwp-download|sass|sassc|lessc|mksquashfs|bspatch|
  cdparanoia|gftype|besside-ng-crawler|editcap|movemail|debcheckout|debootstrap|mmdebstrap|makeself|makemap|mkfs.cramfs|fsarchiver * {any}
  sd|rpl * * <any>
  zip|mknod|patch|gpatch|script|ranlib|crudini|logsave|
  wpaclean|cloud-localds|update-smart-drivedb|htpasswd|htdigest|zipcloak|crm_report|db_load|tdbrestore|
  scrot|maim|grim|arecord|parecord|pw-record|mkswap|mke2fs|mkfs.ext2|mkfs.ext3|mkfs.ext4|mkfs.xfs|mkfs.btrfs|mkfs.vfat|mkfs.fat|mkfs.ntfs {any}
  truncate|gtruncate|shred|gshred|fallocate|sponge|mkfifo|mac2unix|unix2mac|fromdos|todos|recode|
  strip|gstrip|sstrip|patchelf|elfedit|chrpath|prelink|debugedit|upx|upx-ucl|
  jpegoptim|optipng|advdef|advpng|advmng|mogrify|exiftool|mkvpropedit|mp3gain|wavgain|normalize-audio|id3v2|mid3v2|
  isort|black|rustfmt|astyle|indent|nixfmt|alejandra|mdformat|scrub|zerofree <any>
  tee <any> !-a|--append
  dos2unix|unix2dos <any> !-n|--newfile|-i|--info
  _ * <any> -n|--newfile
  ar *r*|*q*|*d* {any}
  7z|7za a|u|d {any}
  rar|arj a|u|f|m {any}
  asciinema rec <any>
  screen words<logs>? {any}
  find|gfind -fprintf|-fprint|-fprint0|-fls=<any>
  git archive|format-patch -o=<any> !-C=*
  git bundle create {any} !-C=*
  git config * * -f|--file=<any> !-C=*
  keytool words<changes>? -keystore=<any>
  sed|gsed|perl|ruby * <any> -i|--in-place
  yq * <any> -i|--inplace|--in-place
  jaq <any> -i|--inplace|--in-place
  gawk * <any> -i|--include
  clang-format|autopep8|yapf <any> -i|--in-place
  biome <any> --fix|--apply|--apply-unsafe|-w|--write
  exiftran <any> -i
  uncrustify <any> --replace|--no-backup
  msgmerge <any> -U|--update
  ktlint <any> -F|--format
  markdownlint|stylua|eslint|stylelint|ruff <any> --fix
  xmlstarlet|xml <any> -L|--inplace
  tidy <any> -m|--modify
  gofmt|goimports|shfmt|gofumpt|prettier|dprint <any> -w|--write
  `,
  {
    any: /^/,
    several: (arg, _c, { operands }) => operands.length > 1 || !operands.includes(arg),
    beforeLast: (arg, _c, { operands }) => arg === operands.at(-2),
    logs: /^-[a-zA-Z]*L$/,
    changes: /^-(?:gen|import|delete|change|store)/,
  },
)

/** Words that name directories which the command fills with files that the line does not show. */
export const FILLS = formsOf(
  `
  tar|gtar|bsdtar -C|--directory|--one-top-level=<any> ~unpacks
  unzip|bsdunzip|unar -d|-o=<any>
  ar --output=<any>
  patch|gpatch -d|--directory=<any>
  curl|extundelete --output-dir=<any>
  wget -P|--directory-prefix=<any>
  aria2c|ouch -d|--dir=<any>
  pip|pip3 -d|--target|--dest|--prefix|--root=<any>
  pdflatex|xelatex|lualatex|latex|pdftex|xetex|luatex|tex --output-directory=<any>
  restic --target=<any>
  rustdoc -o|--out-dir=<any>
  cabextract|innoextract -d|--directory|--output-dir=<any>
  unsquashfs -d|--dest=<any>
  atool|aunpack -X|--extract-to=<any>
  patool --outdir=<any>
  tnef|munpack|binwalk -C|--directory=<any>
  ripmime -d=<any>
  uudeview -p=<any>
  foremost|scalpel|oras -o=<any>
  zpaq --to=<any>
  unblob -e|--extract-dir=<any>
  bup -C|--outdir=<any>
  helm -d|--destination|--untardir|--output-dir=<any>
  etcdctl|etcdutl --data-dir=<any>
  pg_basebackup|pg_receivewal -D|--pgdata=<any>
  xtrabackup|mariabackup --target-dir=<any>
  7z|7za -o=<any>
  unrar|rar|arj x|e * * last<any>
  cpio|pax|bsdcpio -D|--directory=<any>
  cpio|pax -p|--pass-through last<any>
  pax -r -w last<any>
  python|python3 -m=tarfile|zipfile -e|--extract last<any>
  dpkg-deb * {any} -x|-X|-R
  git apply --directory=<any>
  `,
  { any: /^/, unpacks: (_arg, { args }) => unpacks(args) },
)

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
