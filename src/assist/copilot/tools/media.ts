// Karo's own descriptions of tools whose options other sources lack or label wrongly: openssl, packets, media, packages, modules.
import type { OwnTool } from './own-tool.ts'

const certificateOptions = {
  '-in =file': 'reads from this file', '-out =file': 'writes to this file', '-inform =format': 'form of the input: PEM or DER', '-outform =format': 'form of the output: PEM or DER', '-noout': 'prints nothing encoded', '-text': 'prints it in words', '-passin =source': 'where the passphrase of the input comes from', '-passout =source': 'where the passphrase of the output comes from',
} // biome-ignore format: a table
const openssl = (does: string, options: Readonly<Record<string, string>>): OwnTool => ({
  does,
  options: { ...certificateOptions, ...options },
  words: true,
})
const yum = (does: string, operand = 'a package'): OwnTool => ({ does, options: YUM, operands: [operand] })
const YUM: Readonly<Record<string, string>> = {
  '-y --assumeyes': 'answers every question with yes', '-q --quiet': 'says little', '-v --verbose': 'says more', '--assumeno': 'answers every question with no', '--enablerepo =repository': 'with this repository, too', '--disablerepo =repository': 'without this repository', '--skip-broken': 'leaves out packages that cannot be installed', '-x --exclude =package': 'leaves out this package', '--nogpgcheck': 'does not check signatures', '--installroot =directory': 'as if this were the root directory', '--downloadonly': 'only downloads',
} // biome-ignore format: a table

const CONVERT: OwnTool = {
  does: 'Changes an image, or turns it into another format (ImageMagick)',
  words: true,
  operands: ['the image to read', 'the image to write'],
  options: {
    '-resize =size': 'scales to this size, such as 50% or 800x600', '-quality =percent': 'quality of compression, 1 to 100', '-crop =area': 'cuts this area out, such as 300x200+10+10', '-rotate =degrees': 'turns it clockwise', '-flip': 'turns it upside down', '-flop': 'mirrors left and right', '-strip': 'removes comments and profiles', '-density =resolution': 'dots per inch, for PDF and other vectors', '-colorspace =space': 'turns the colours into this space', '-background =colour': 'colour behind it', '-gravity =place': 'where later options put things', '-extent =size': 'makes the canvas this large', '-trim': 'cuts the plain border off', '-blur =radius': 'blurs it', '-sharpen =radius': 'sharpens it', '-negate': 'inverts the colours', '-monochrome': 'turns it into black and white', '-depth =bits': 'bits for each colour', '-format =format': 'writes this format', '-append': 'puts images below one another', '+append': 'puts images beside one another', '-delay =time': 'time between the pictures of an animation, in hundredths of a second', '-loop =count': 'how often an animation repeats; 0 for ever', '-thumbnail =size': 'scales to a small picture without profiles', '-auto-orient': 'turns it as the camera was held', '-fill =colour': 'colour for drawing', '-draw =text': 'draws this', '-annotate =angle': 'writes text onto it', '-font =font': 'font for text', '-pointsize =size': 'size of text', '-border =size': 'adds a border', '-bordercolor =colour': 'colour of the border', '-transparent =colour': 'makes this colour transparent', '-alpha =setting': 'what to do with transparency', '-threshold =percent': 'makes brighter parts white and darker ones black', '-fuzz =percent': 'how different colours may be and still count as equal', '-compress =kind': 'kind of compression', '-type =type': 'kind of image', '-define =setting': 'a setting of a format',
  },
} // biome-ignore format: a table

const SERVER: OwnTool = {
  does: 'Shows the files of a directory to browsers',
  options: { '-b --bind =address': 'only at this address; default: every address of the machine', '-d --directory =directory': 'this directory; default: the one you are in', '-p --protocol =version': 'version of HTTP', '--cgi': 'runs programs, too' },
  operands: ['the port; default 8000'],
} // biome-ignore format: a table
const MODULE: OwnTool = { does: 'Runs a module as a program', operands: ['an argument of the module'] }
const VENV: OwnTool = { does: 'Makes a directory with a Python of its own', options: { '--system-site-packages': "sees the system's packages", '--clear': 'empties the directory first', '--upgrade': 'brings it to this Python', '--without-pip': 'without pip', '--prompt =name': 'name before the prompt' }, operands: ['the directory'] } // biome-ignore format: a table

export const MEDIA: Readonly<Record<string, OwnTool>> = {
  openssl: { does: 'Makes and checks keys, certificates and digests, encrypts, and tests TLS', words: true, operands: ['what to do'] },
  'openssl req': openssl('Makes a request for a certificate, or a certificate signed by itself', {
    '-new': 'a new request', '-x509': 'a certificate signed by itself, and no request', '-newkey =kind': 'with a new key of this kind, such as rsa:4096', '-key =file': 'signs with this key', '-keyout =file': 'writes the new key to this file', '-days =days': 'how many days the certificate is valid', '-nodes -noenc': 'leaves the key without a passphrase', '-subj =name': 'the name in it', '-addext =extension': 'adds this extension', '-config =file': 'reads settings from this file', '-sha256': 'signs with SHA-256', '-verify': 'checks the signature', '-batch': 'asks nothing', '-extensions =section': 'section with the extensions', '-set_serial =number': 'serial number', '-pubkey': 'prints the public key',
  }),
  'openssl x509': openssl('Shows, signs or converts a certificate', {
    '-req': 'the input is a request', '-CA =file': 'signs with this certificate', '-CAkey =file': 'signs with this key', '-CAcreateserial': 'makes a file of serial numbers', '-days =days': 'how many days it is valid', '-dates': 'prints from when until when it is valid', '-enddate': 'prints until when it is valid', '-startdate': 'prints from when it is valid', '-subject': 'prints whose it is', '-issuer': 'prints who signed it', '-fingerprint': 'prints its fingerprint', '-sha256': 'with SHA-256', '-serial': 'prints its serial number', '-pubkey': 'prints its public key', '-checkend =seconds': 'says whether it ends within so many seconds', '-extfile =file': 'file with extensions', '-signkey =file': 'signs itself with this key', '-ext =names': 'prints these extensions',
  }),
  'openssl s_client': openssl('Connects to a server with TLS and shows what it answers', {
    '-connect =address': 'host and port', '-servername =name': 'the name that is asked for', '-showcerts': 'prints all certificates', '-starttls =protocol': 'begins as this protocol, then turns to TLS', '-CAfile =file': 'trusts these certificates', '-CApath =directory': 'trusts the certificates in this directory', '-cert =file': 'shows this certificate', '-key =file': 'with this key', '-tls1_2': 'only TLS 1.2', '-tls1_3': 'only TLS 1.3', '-quiet': 'says little', '-brief': 'only a summary', '-verify_return_error': 'ends if the certificate is wrong', '-alpn =protocols': 'offers these protocols',
  }),
  'openssl enc': openssl('Encrypts or decrypts', {
    '-aes-256-cbc -aes-128-cbc -aes-256-ctr -aes-128-ctr -aes256 -aes128 -chacha20': 'with this cipher', '-d': 'decrypts', '-e': 'encrypts', '-a -base64': 'as base64', '-salt': 'with salt', '-nosalt': 'without salt', '-pbkdf2': 'derives the key slowly, against guessing', '-iter =count': 'how many rounds that takes', '-k =password': 'this password; other users can see it', '-pass =source': 'where the password comes from', '-K =key': 'this key in hexadecimal', '-iv =value': 'start value in hexadecimal', '-md =digest': 'digest for the key',
  }),
  'openssl genrsa': openssl('Makes an RSA key', { '-aes256 -aes128 -des3': 'with a passphrase' }),
  'openssl genpkey': openssl('Makes a private key', { '-algorithm =algorithm': 'of this kind', '-pkeyopt =setting': 'with this setting', '-aes256': 'with a passphrase' }),
  'openssl rsa': openssl('Shows or converts an RSA key', { '-pubout': 'writes the public key', '-pubin': 'reads a public key', '-check': 'checks the key', '-aes256 -des3': 'with a passphrase', '-modulus': 'prints its modulus' }),
  'openssl pkey': openssl('Shows or converts a key', { '-pubout': 'writes the public key', '-pubin': 'reads a public key', '-check': 'checks the key' }),
  'openssl pkcs12': openssl('Packs keys and certificates into one file, or unpacks it', { '-export': 'packs', '-inkey =file': 'the key', '-certfile =file': 'more certificates', '-nodes -noenc': 'leaves keys without a passphrase', '-nocerts': 'no certificates', '-nokeys': 'no keys', '-name =name': 'name for it', '-clcerts': 'only the certificate of the key', '-cacerts': 'only the other certificates', '-legacy': 'with old ciphers' }),
  'openssl dgst': openssl('Prints a digest, or signs or checks one', { '-sha256 -sha1 -sha384 -sha512 -md5': 'this digest', '-sign =file': 'signs with this key', '-verify =file': 'checks with this public key', '-signature =file': 'the signature to check', '-hmac =key': 'with this key', '-r': 'as coreutils print it' }),
  'openssl rand': openssl('Prints random bytes', { '-base64': 'as base64', '-hex': 'in hexadecimal' }),
  'openssl verify': openssl('Checks certificates', { '-CAfile =file': 'trusts these certificates', '-untrusted =file': 'certificates between', '-verbose': 'says more' }),
  iptables: {
    does: 'Shows or changes the rules by which the kernel lets packets pass',
    operands: ['a chain or rule number'],
    options: {
      '-A --append =chain': 'adds a rule at the end of this chain', '-I --insert =chain': 'adds a rule at the beginning of this chain', '-D --delete =chain': 'removes a rule from this chain', '-R --replace =chain': 'replaces a rule of this chain', '-L --list': 'lists the rules', '-S --list-rules': 'prints the rules as commands', '-F --flush': 'removes all rules', '-P --policy =chain': 'what happens to packets without a rule in this chain', '-N --new-chain =chain': 'makes a chain', '-X --delete-chain': 'removes chains', '-Z --zero': 'sets the counters to zero', '-C --check =chain': 'says whether the rule exists',
      '-p --protocol =protocol': 'packets of this protocol', '-s --source =address': 'packets from this address', '-d --destination =address': 'packets to this address', '-j --jump =target': 'what happens: ACCEPT, DROP, REJECT, LOG or a chain', '-i --in-interface =interface': 'packets that come in here', '-o --out-interface =interface': 'packets that go out here', '-m --match =module': 'with the conditions of this module', '-t --table =table': 'the table: filter, nat, mangle or raw', '-n --numeric': 'addresses as numbers', '-v --verbose': 'with counters', '--line-numbers': 'with the number of each rule',
      '--dport --destination-port =port': 'packets to this port', '--sport --source-port =port': 'packets from this port', '--dports =ports': 'packets to these ports', '--state =states': 'packets of connections in these states', '--ctstate =states': 'packets of connections in these states', '--to-destination =address': 'sends them to this address instead', '--to-source =address': 'makes them come from this address', '--to-ports --to-port =port': 'sends them to this port instead', '--icmp-type =type': 'messages of this type', '--limit =rate': 'only so many', '--log-prefix =text': 'text before each log line', '--reject-with =answer': 'refuses with this answer', '--comment =text': 'a note', '-w --wait': 'waits while another program changes rules',
    },
  },
  ffmpeg: {
    does: 'Converts, cuts and joins video and sound',
    words: true,
    operands: ['the file to write'],
    options: {
      '-i =file': 'reads this file', '-y': 'overwrites without asking', '-n': 'never overwrites', '-c -codec =codec': 'codec for everything; copy takes it as it is', '-c:v -codec:v -vcodec =codec': 'codec of the picture; copy takes it as it is', '-c:a -codec:a -acodec =codec': 'codec of the sound; copy takes it as it is', '-c:s =codec': 'codec of subtitles', '-crf =number': 'quality: less is better, 18 to 28 is usual', '-preset =preset': 'how long compressing may take', '-b:v =rate': 'bits per second of the picture', '-b:a =rate': 'bits per second of the sound', '-ss =time': 'begins at this time', '-to =time': 'ends at this time', '-t =duration': 'only so long', '-vf -filter:v =filter': 'changes the picture', '-af -filter:a =filter': 'changes the sound', '-filter_complex =filter': 'changes several streams together', '-map =stream': 'takes this stream', '-r =rate': 'pictures per second', '-s =size': 'size of the picture', '-vn': 'without picture', '-an': 'without sound', '-sn': 'without subtitles', '-f =format': 'this format', '-ar =rate': 'samples of sound per second', '-ac =count': 'channels of sound', '-q:a =quality': 'quality of the sound', '-q:v =quality': 'quality of the picture', '-vframes -frames:v =count': 'only so many pictures', '-loop =count': 'repeats the input', '-shortest': 'ends with the shortest input', '-movflags =flags': 'settings of MP4', '-pix_fmt =format': 'form of the pixels', '-safe =number': 'whether unusual file names are refused', '-metadata =text': 'sets a title or the like', '-threads =count': 'how many threads', '-hide_banner': 'does not print its version', '-loglevel =level': 'how much it says', '-vsync =method': 'how pictures are timed', '-g =count': 'pictures from one key picture to the next', '-profile:v =profile': 'profile of the codec', '-tune =aim': 'what the codec is tuned for', '-re': 'reads as fast as it plays', '-stream_loop =count': 'repeats the input so often',
    },
  },
  convert: CONVERT,
  magick: CONVERT,
  mogrify: { ...CONVERT, does: 'Changes images in their place (ImageMagick)', operands: ['an image to change'] },
  yum: { does: 'Installs, updates and removes packages of Red Hat and its relatives', options: YUM, operands: ['what to do', 'a package'] },
  'yum install': yum('Installs packages'),
  'yum remove': yum('Removes packages'),
  'yum erase': yum('Removes packages'),
  'yum update': yum('Brings packages to their newest version'),
  'yum upgrade': yum('Brings packages to their newest version and removes outdated ones'),
  'yum check-update': yum('Lists packages that have a newer version'),
  'yum search': yum('Searches packages by words', 'a word'),
  'yum info': yum('Shows what a package is'),
  'yum list': yum('Lists packages', 'which: installed, available, updates, or a name'),
  'yum clean': yum('Empties what was kept of downloads', 'what to empty: all, packages, metadata'),
  'yum provides': yum('Finds the package that has a file', 'the file'),
  'yum history': yum('Shows or takes back what was done before', 'what to do: list, info, undo'),
  'yum groupinstall': yum('Installs a group of packages', 'a group'),
  'python -m': MODULE,
  'python3 -m': MODULE,
  'python -m http.server': SERVER,
  'python3 -m http.server': SERVER,
  'python -m venv': VENV,
  'python3 -m venv': VENV,
} // biome-ignore format: a table
