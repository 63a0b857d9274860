// Rules about package managers: which packages they remove, and from where they install.
import { couldMatch } from '../../line/glob.ts'
import { byTool, type FormRule, tools, tried, without } from '../kit.ts'
import { PROTECTORS } from '../system/defence.ts'

const ESSENTIAL = new RegExp(
  `^(?:${PROTECTORS}|libc6|glibc|systemd|systemd-sysv|coreutils|bash|dash|sudo|util-linux|login|passwd|apt|dpkg|rpm|dnf|yum|pacman|linux|linux-image.*|linux-headers.*|kernel.*|grub.*|openssl|libssl.*|python3?|python3-minimal|perl-base|openssh-server|network-manager|init|base-files|busybox|musl|filesystem|\\*|audit|karo)$`,
)

/** Packages that most machines have; a pattern is tested against them. */
const SAMPLES = tools(
  `libc6 glibc systemd coreutils bash sudo apt dpkg rpm grub-pc openssl libssl3 python3 python3-minimal perl-base openssh-server
  linux-image-generic linux-image-amd64 kernel-core network-manager`,
)

/** Whether the name is a pattern, as apt and dnf take them, that fits a package of SAMPLES. */
function fitsEssential(text: string): boolean {
  if (!/[*?^$]/.test(text)) return false
  const glob = text.replace(/^\^|\$$/g, '').replace(/\.\*/g, '*')
  return SAMPLES.some((name) => couldMatch(glob, name))
}

const UNCHECKED =
  /^--(?:allow-unauthenticated|force-yes|nogpgcheck|no-gpg-checks|allow-untrusted|nodeps|nosignature|force-all|force-depends|trusted-host.*|allow-remove-essential)$|^-Rdd$/
const plainly = without(UNCHECKED)

export const PACKAGE_RULES: readonly FormRule[] = [
  {
    id: 'package-essential',
    level: 'high',
    why: 'Removes a package that the system, or its protection, cannot do without.',
    finds: `
      apt|apt-get|aptitude|dpkg|yum|dnf|zypper|rpm|pacman|apk|brew|snap remove|purge|autoremove|erase|del|rm|uninstall <essential>
      dpkg <essential> -r|-P|--remove|--purge
      rpm <essential> -e|--erase
      pacman <essential> -R*`,
    named: { essential: { test: (name) => ESSENTIAL.test(name) || fitsEssential(name) } },
    safer: byTool({ 'apt|apt-get': tried('--simulate'), 'dnf|yum': tried('--assumeno') }),
    example: 'apt remove libc6',
  },
  {
    id: 'package-unchecked',
    level: 'moderate',
    why: 'Installs or removes packages without checking signatures or dependencies.',
    finds: 'apt|apt-get|dpkg|yum|dnf|zypper|rpm|pacman|apk|pip|pip3 words<unchecked>',
    named: { unchecked: UNCHECKED },
    safer: byTool({ 'apt|apt-get|dnf|yum|pip|pip3': plainly }),
    example: 'apt-get install --allow-unauthenticated x',
  },
  {
    id: 'package-plain-http',
    level: 'high',
    why: 'Installs from an address without encryption, so anybody on the way can change what is installed.',
    finds: `
      pip|pip3|npm|yarn|pnpm|gem|rpm|apt|apt-get|dnf|yum|go|cargo|npx|pipx|brew|zypper|apk|uv words<installs> words<plain>`,
    named: {
      installs: /^(?:i|in|install|add|get|create|set|-[a-zA-Z]*[iU][a-zA-Z]*|localinstall)$/,
      plain: /^(?:--[\w-]+=)?http:\/\/(?!localhost|127\.|\[::1\])/,
    },
    safer: { rewrite: (raw) => raw.replace(/http:\/\//g, 'https://') },
    example: 'pip install --index-url http://x/simple p',
  },
  {
    id: 'package-foreign',
    level: 'moderate',
    given: 'high',
    why: 'Installs straight from an address, past the registry; its install scripts run at once.',
    finds: `
      cargo install words<repository>
      go run <module>
      brew install|tap <tap>
      pip|pip3|pipx|uv|npm|yarn|pnpm|gem|npx|dnf|yum|zypper *? install|i|add|localinstall <address>`,
    named: {
      repository: /^--git(?:=.*)?$/,
      module: /^[\w-]+\.[\w.-]+\/.*@/,
      tap: /^https?:|\.git$/,
      address: /^(?:git\+|https?:\/\/|ssh:\/\/|git@|git:\/\/)/,
    },
    example: 'pip install git+https://github.com/x/y',
  },
  {
    id: 'package-run-foreign',
    level: 'high',
    why: 'Runs code straight from an address; nobody has read it.',
    // Words behind the package are the package's own.
    finds: `
      npx|bunx|pnpx|uvx|pipx {address}
      pipx * {address}
      deno run|install|eval {address}`,
    named: { address: /^(?:git\+)?https?:\/\// },
    example: 'npx https://x.example/p.tgz',
  },
]
