// Data for positions.ts: tools that write files which their operands name, and tools that fill directories.
import { names, table } from '../lookup.ts'

/** Tools that write the last of two or more operands. */
export const LAST_OPERAND = names(`
  cp gcp mv gmv install ginstall ln gln scp rsync rcp sftp ditto link sln dar_cp cpdup uucp pdcp sbcast mcopy
  convert magick compare composite montage import stream conjure ffmpeg avconv sox rec cueconvert toc2cue vcut
  pngcp pngcrush guetzli zopflipng cjxl djxl avifenc avifdec heif-convert sam2p rsvg-convert svgexport wkhtmltoimage xcursorgen
  pal2rgb raw2tiff rgb2ycbcr thumbnail tiff2bw tiff2rgba tiffcp tiffcrop tiffdither tiffmedian
  qpdf pdftk pdfunite pdfattach pdfsig pdfcrop pdftocairo pdftops pdftohtml pdftoppm pdf2dsc pdf2ps eps2eps ps2ps ps2pdf ps2epsi
  ps2ascii dvipdf dvispc dt2dv dv2dt psbook psresize psselect pstops epsffit pfbtopfa wkhtmltopdf
  psfaddtable psfstriptable psfgettable memusagestat merge_unicharsets yarac localedef wasm-opt objcopy mkzftree
  reordercap dropbearconvert grub-menulst2cfg decodemail exim_dbmbuild corosync-xmlproc sqlite3_rsync
  e2image e2undo dd_rescue xfs_copy xfs_rtcp xfs_metadump xfs_mdrestore xfsrestore btrfs-image resize-part-image
  rdiff rdiff-backup xdelta3 tsk_recover virt-copy-out
`)

/** Tools that write their second operand, as in `uniq IN OUT`. */
export const SECOND_OPERAND = names(`
  uniq guniq xxd split gsplit ddrescue lame pdftotext pdfseparate tesseract lwp-download sass sassc lessc mksquashfs bspatch
  cdparanoia gftype besside-ng-crawler editcap movemail debcheckout debootstrap mmdebstrap makeself makemap mkfs.cramfs fsarchiver
`)

/** Tools that write their first operand. */
export const FIRST_OPERAND = names(`
  zip mknod patch gpatch script ranlib crudini logsave
  wpaclean cloud-localds update-smart-drivedb htpasswd htdigest zipcloak crm_report db_load tdbrestore
  scrot maim grim arecord parecord pw-record mkswap mke2fs mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.vfat mkfs.fat mkfs.ntfs
`)

/** Tools that write each of their operands. */
export const EVERY_OPERAND = names(`
  truncate gtruncate shred gshred fallocate sponge mkfifo dos2unix unix2dos mac2unix unix2mac fromdos todos recode
  strip gstrip sstrip patchelf elfedit chrpath prelink debugedit upx upx-ucl
  jpegoptim optipng advdef advpng advmng mogrify exiftool mkvpropedit mp3gain wavgain normalize-audio id3v2 mid3v2
  isort black rustfmt astyle indent nixfmt alejandra mdformat scrub zerofree
`)

/** Tools that write every operand behind the first two, as in `sd OLD NEW FILE`. */
export const THIRD_OPERANDS = names('sd rpl')

/** Tools that fill a directory with files whose names the line does not show, and the options that name it. */
export const FILLED_OPTIONS = table(`
  tar gtar bsdtar: C directory one-top-level
  unzip bsdunzip unar: d o
  ar: output
  patch gpatch: d directory
  curl extundelete: output-dir
  wget: P directory-prefix
  aria2c ouch: d dir
  pip pip3: d target dest prefix root
  pdflatex xelatex lualatex latex pdftex xetex luatex tex: output-directory
  restic: target
  rustdoc: o out-dir
  cabextract innoextract: d directory output-dir
  unsquashfs: d dest
  atool aunpack: X extract-to
  patool: outdir
  tnef munpack binwalk: C directory
  ripmime: d
  uudeview: p
  foremost scalpel oras: o
  zpaq: to
  unblob: e extract-dir
  bup: C outdir
  helm: d destination untardir output-dir
  etcdctl etcdutl: data-dir
  pg_basebackup pg_receivewal: D pgdata
  xtrabackup mariabackup: target-dir
`)

/** Tools that fill a directory which no option names, or not always. */
export const FILLERS = names('unrar dpkg-deb cpio pax bsdcpio')

/** Tools that change their operands in place if one of these options is given. */
export const IN_PLACE = table(`
  sed gsed perl ruby clang-format autopep8 yapf: i in-place
  yq jaq: i inplace in-place
  biome: fix apply apply-unsafe
  exiftran: i
  uncrustify: replace no-backup
  msgmerge: U update
  ktlint: F format
  markdownlint stylua eslint stylelint ruff: fix
  xmlstarlet xml: L inplace
  tidy: m modify
  gofmt goimports shfmt gofumpt prettier biome dprint: w write
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
