// Finds texts that look random and are public: public keys, certificates, fingerprints, digests.

/** Blocks of RFC 7468 and RFC 9580 without secrets. */
const BLOCK =
  '-----BEGIN (?:CERTIFICATE|TRUSTED CERTIFICATE|X509 CRL|CERTIFICATE REQUEST|NEW CERTIFICATE REQUEST|(?:RSA |EC |DSA )?PUBLIC KEY|PGP PUBLIC KEY BLOCK|PGP SIGNATURE|SSH SIGNATURE)-----[A-Za-z0-9+/=\\s\\\\:,.()]*-----END '
/** Public keys of OpenSSH: base 64 of a length below 256 and a name such as `ssh-ed25519`, `ecdsa-…`, `sk-…`. */
const SSH_KEY = 'AAAA(?:B3NzaC1|C3NzaC1|E2VjZHNh|GnNrL|InNrL)[A-Za-z0-9+/]*={0,2}'
/** `SHA256:…` of OpenSSH, `sha256//…` of curl, `sha512-…` of npm and of the web (Subresource Integrity). */
const DIGEST = '\\b(?:SHA|sha)(?:1|224|256|384|512)(?::|//|-)[A-Za-z0-9+/]{27,88}={0,2}'
/** Store paths of Nix and Guix. */
const STORE = '/(?:nix|gnu)/store/[a-z0-9]{32}'
/** age recipients; age's secret keys begin with capitals. */
const AGE = '\\bage1[a-z0-9]{58}(?![a-z0-9])'
/** Public keys of minisign and signify: 42 bytes behind the letters of their algorithm. */
const MINISIGN = '\\bRW[QRST][A-Za-z0-9+/]{53}(?![A-Za-z0-9+/])'
/** Public keys of WireGuard; only the words in front tell them from private keys. */
const WIREGUARD = '(?:\\bpeer\\s{1,4}|\\b[Pp]ublic[-_]?[Kk]ey\\s{0,4}[=:]?\\s{0,4})["\']?[A-Za-z0-9+/]{43}='

const PUBLIC = new RegExp([BLOCK, SSH_KEY, DIGEST, STORE, AGE, MINISIGN, WIREGUARD].join('|'), 'g')

/**
 * The public parts of a text as `[from, to)` pairs in order, none overlapping. Takes time linear in the text's length.
 */
export function publicRanges(text: string): [from: number, to: number][] {
  return Array.from(text.matchAll(PUBLIC), ({ 0: found, index }) => [index, index + found.length])
}
