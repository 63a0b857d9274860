// Rules about package managers: which packages they remove, and from where they install.
import { couldMatch } from '../../line/glob.ts'
import type { Arg } from '../../model.ts'
import { byTool, tried, without } from '../rewrite.ts'
import { matching, only, type Rule, tools, verb } from '../rule.ts'

const ESSENTIAL =
  /^(?:libc6|glibc|systemd|systemd-sysv|coreutils|bash|dash|sudo|util-linux|login|passwd|apt|dpkg|rpm|dnf|yum|pacman|linux|linux-image.*|linux-headers.*|kernel.*|grub.*|openssl|libssl.*|python3?|python3-minimal|perl-base|openssh-server|network-manager|init|base-files|busybox|musl|filesystem|\*|auditd|audit|apparmor|selinux-\S+|ufw|firewalld|iptables|nftables|fail2ban|clamav\S*|rsyslog|aide|rkhunter|ossec\S*|wazuh-agent|falcon-sensor|crowdsec|suricata|snort|zeek|falco|osquery\S*|crowdstrike\S*|auditbeat|elastic-agent|elastic-endpoint|sysmon\S*|mdatp|sentinelone\S*|chkrootkit|tripwire|usbguard|opensnitch|karo)$/

/** Packages that most machines have; a pattern is tested against them. */
const SAMPLES = tools(
  `libc6 glibc systemd coreutils bash sudo apt dpkg rpm grub-pc openssl libssl3 python3 python3-minimal perl-base openssh-server
  linux-image-generic linux-image-amd64 kernel-core network-manager`,
)

/** Whether the name is a pattern, as apt and dnf take them, that fits a package of SAMPLES. */
function fitsEssential({ text }: Arg): boolean {
  if (!/[*?^$]/.test(text)) return false
  const glob = text.replace(/^\^|\$$/g, '').replace(/\.\*/g, '*')
  return SAMPLES.some((name) => couldMatch(glob, name))
}

const plainly = without(
  /^--(?:allow-unauthenticated|force-yes|nogpgcheck|no-gpg-checks|allow-untrusted|nodeps|nosignature|force-all|force-depends|trusted-host.*|allow-remove-essential)$/,
)

export const PACKAGE_RULES: readonly Rule[] = [
  {
    id: 'package-essential',
    level: 'high',
    why: 'Removes a package that the system, or its protection, cannot do without.',
    tools: tools('apt apt-get aptitude dpkg yum dnf zypper rpm pacman apk brew snap'),
    when: (c, o) => {
      const removes =
        /^(?:remove|purge|autoremove|erase|del|rm|uninstall)$/.test(verb(o)) ||
        (c.name === 'dpkg' && o.flag('r', 'P', 'remove', 'purge')) ||
        (c.name === 'rpm' && o.flag('e', 'erase')) ||
        (c.name === 'pacman' && c.args.some((arg) => /^-R/.test(arg.text)))
      return only(
        removes,
        o.operands.filter((arg) => ESSENTIAL.test(arg.text) || fitsEssential(arg)),
      )
    },
    safer: byTool({
      apt: tried('--simulate'),
      'apt-get': tried('--simulate'),
      dnf: tried('--assumeno'),
      yum: tried('--assumeno'),
    }),
    example: 'apt remove libc6',
  },
  {
    id: 'package-unchecked',
    level: 'moderate',
    why: 'Installs or removes packages without checking signatures or dependencies.',
    tools: tools('apt apt-get dpkg yum dnf zypper rpm pacman apk pip pip3'),
    when: (c) =>
      matching(
        c.args,
        /^--(?:allow-unauthenticated|force-yes|nogpgcheck|no-gpg-checks|allow-untrusted|nodeps|nosignature|force-all|force-depends|trusted-host.*|allow-remove-essential)$|^-Rdd$/,
      ),
    safer: byTool({
      apt: plainly,
      'apt-get': plainly,
      dnf: plainly,
      yum: plainly,
      pip: plainly,
      pip3: plainly,
    }),
    example: 'apt-get install --allow-unauthenticated x',
  },
  {
    id: 'package-plain-http',
    level: 'high',
    why: 'Installs from an address without encryption, so anybody on the way can change what is installed.',
    tools: tools('pip pip3 npm yarn pnpm gem rpm apt apt-get dnf yum go cargo npx pipx brew zypper apk uv'),
    when: (c) =>
      only(
        c.args.some((arg) =>
          /^(?:i|in|install|add|get|create|set|-[a-zA-Z]*[iU][a-zA-Z]*|localinstall)$/.test(arg.text),
        ),
        matching(c.args, /^(?:--[\w-]+=)?http:\/\/(?!localhost|127\.|\[::1\])/),
      ),
    safer: { rewrite: (raw) => raw.replace(/http:\/\//g, 'https://') },
    example: 'pip install --index-url http://x/simple p',
  },
  {
    id: 'package-foreign',
    level: 'moderate',
    why: 'Installs straight from an address, past the registry; its install scripts run at once.',
    tools: tools('pip pip3 pipx uv npm yarn pnpm gem cargo go brew npx dnf yum zypper'),
    when: (c, o) => {
      const words = [verb(o), verb(o, 1)]
      if (c.name === 'cargo') return only(verb(o) === 'install', matching(c.args, /^--git(?:=.*)?$/))
      if (c.name === 'go')
        return only(verb(o) === 'run', matching(o.operands.slice(1), /^[\w-]+\.[\w.-]+\/.*@/))
      if (c.name === 'brew')
        return only(/^(?:install|tap)$/.test(verb(o)), matching(o.operands.slice(1), /^https?:|\.git$/))
      return only(
        words.some((word) => /^(?:install|i|add|localinstall)$/.test(word)),
        matching(o.operands, /^(?:git\+|https?:\/\/|ssh:\/\/|git@|git:\/\/)/),
      )
    },
    example: 'pip install git+https://github.com/x/y',
  },
  {
    id: 'package-run-foreign',
    level: 'high',
    why: 'Runs code straight from an address; nobody has read it.',
    tools: tools('npx deno bunx pnpx uvx pipx'),
    when: (c, o) =>
      only(
        c.name !== 'deno' || /^(?:run|install|eval)$/.test(verb(o)),
        // Words behind the package are the package's own.
        matching(o.operands.slice(0, /^(?:deno|pipx)$/.test(c.name) ? 2 : 1), /^(?:git\+)?https?:\/\//),
      ),
    example: 'npx https://x.example/p.tgz',
  },
]
