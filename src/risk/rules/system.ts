// Rules about the running system: power, processes, services, firewall, kernel, scheduler, packages.
import type { SimpleCommand } from '../model.ts'
import { matching, only, type Rule, tools, verb } from './rule.ts'

const line = (c: SimpleCommand) => c.args.map((arg) => arg.text).join(' ')
const VITAL_SERVICE =
  /^(?:sshd?|ssh|NetworkManager|networking|systemd-(?:networkd|resolved|logind|journald|udevd)|dbus|wpa_supplicant|cron|crond|rsyslog|getty.*|display-manager|gdm|docker|containerd|kubelet|karo)(?:\.service|\.socket)?$/
const DEFENCE =
  /^(?:firewalld|ufw|iptables|nftables|apparmor|auditd|fail2ban|clamav.*|falcon-sensor|selinux.*|osqueryd|wazuh-agent|crowdsec|rsyslog|systemd-journald)(?:\.service)?$/
const ESSENTIAL =
  /^(?:libc6|glibc|systemd|systemd-sysv|coreutils|bash|dash|sudo|util-linux|login|passwd|apt|dpkg|rpm|dnf|yum|pacman|linux-image.*|kernel|grub.*|openssl|libssl.*|python3?|python3-minimal|perl-base|openssh-server|network-manager|init|base-files|busybox|musl|filesystem|\*)$/

export const SYSTEM_RULES: readonly Rule[] = [
  {
    id: 'power-off',
    level: 'high',
    why: 'Stops or restarts the machine, and everybody’s work on it.',
    tools: tools('shutdown reboot halt poweroff init telinit systemctl kexec'),
    when: (c, o) => {
      if (c.name === 'init' || c.name === 'telinit') return only(/^[06]$/.test(verb(o)), true)
      if (c.name === 'systemctl')
        return only(
          /^(?:reboot|poweroff|halt|kexec|emergency|rescue|soft-reboot)$/.test(verb(o)) ||
            (verb(o) === 'isolate' && /rescue|emergency|reboot|poweroff/.test(verb(o, 1))),
          true,
        )
      if (c.name === 'kexec') return only(o.flag('e', 'exec'), true)
      return !o.flag('c', 'help', 'version', 'show')
    },
    examples: {
      risky: [
        'shutdown -h now',
        'sudo reboot',
        'poweroff',
        'init 0',
        'systemctl reboot',
        'ssh host reboot',
        'halt -f',
      ],
      harmless: ['shutdown -c', 'systemctl status', 'last reboot', 'init', 'who -b'],
    },
  },
  {
    id: 'kill-everything',
    level: 'critical',
    why: 'Kills every process it may, or the one all others hang on.',
    tools: tools('kill pkill killall killall5'),
    when: (c, o) => {
      if (c.name === 'killall5') return true
      if (c.name === 'kill') {
        const words = c.args.map((arg) => arg.text)
        if (words.some((word) => word === '-l' || word === '-L')) return undefined
        const targets = words.slice(/^-/.test(words[0] ?? '') && words.length > 1 ? 1 : 0)
        return only(
          targets.some((word) => word === '-1' || word === '1' || word === '--1') && targets.length > 0,
          true,
        )
      }
      const names = o.operands.map((arg) => arg.text)
      if (
        names.some((name) =>
          /^(?:systemd|init|systemd-logind|dbus-daemon|Xorg|Xwayland|gnome-shell|kwin.*|plasmashell|sshd|\.|\.\*|)$/.test(
            name,
          ),
        )
      )
        return true
      return undefined
    },
    examples: {
      risky: [
        'kill -9 -1',
        'kill -KILL -1',
        'kill -s 9 -- -1',
        'kill -9 1',
        'killall -9 systemd',
        'pkill -9 sshd',
        'pkill .',
      ],
      harmless: [
        'kill 1234',
        'kill -9 1234',
        'kill -1 1234',
        'kill -l',
        'pkill -f myserver',
        'killall firefox',
        'kill %1',
        'kill -HUP 10',
      ],
    },
  },
  {
    id: 'kill-user',
    level: 'high',
    why: 'Ends every process of a user, the login included.',
    tools: tools('pkill killall loginctl'),
    when: (c, o) =>
      c.name === 'loginctl'
        ? only(/^(?:terminate|kill)-/.test(verb(o)), true)
        : only(
            o.operands.length === 0,
            [o.value('u', 'U', 'euid', 'user', 'uid')].filter((arg) => arg !== undefined),
          ),
    examples: {
      risky: ['pkill -u bob', 'pkill -KILL -u bob', 'loginctl terminate-user bob', 'killall -u bob'],
      harmless: ['pkill -u me firefox', 'loginctl list-sessions'],
    },
  },
  {
    id: 'defence-off',
    level: 'high',
    why: 'Turns off what protects the machine.',
    tools: tools(
      'systemctl service setenforce ufw iptables ip6tables nft firewall-cmd aa-teardown aa-disable aa-complain apparmor_parser auditctl spctl csrutil sed tee pfctl chkconfig launchctl semanage update-rc.d',
    ),
    when: (c, o) => {
      const text = line(c)
      switch (c.name) {
        case 'systemctl':
          return only(/^(?:stop|disable|mask|kill)$/.test(verb(o)), matching(o.operands.slice(1), DEFENCE))
        case 'service':
          return only(verb(o, 1) === 'stop', matching(o.operands.slice(0, 1), DEFENCE))
        case 'chkconfig':
        case 'update-rc.d':
          return only(/\b(?:off|disable|remove)\b/.test(text), matching(o.operands, DEFENCE))
        case 'setenforce':
          return only(/^(?:0|permissive)$/i.test(verb(o)), true)
        case 'ufw':
          return only(
            /^(?:disable|reset)$/.test(verb(o)) ||
              (verb(o) === 'default' && verb(o, 1) === 'allow' && verb(o, 2) !== 'outgoing'),
            true,
          )
        case 'iptables':
        case 'ip6tables':
          return only(
            o.flag('F', 'X', 'flush', 'delete-chain') || (o.flag('P', 'policy') && /\bACCEPT\b/.test(text)),
            true,
          )
        case 'nft':
          return only(
            /^(?:flush ruleset|(?:flush|delete) (?:table|chain))/.test(
              o.operands.map((arg) => arg.text).join(' '),
            ),
            true,
          )
        case 'firewall-cmd':
          return only(/--(?:panic-off|complete-reload|set-default-zone=trusted)/.test(text), true)
        case 'aa-teardown':
        case 'aa-disable':
        case 'aa-complain':
          return true
        case 'apparmor_parser':
          return only(o.flag('R', 'remove'), true)
        case 'auditctl':
          return only(o.flag('e') && /-e ?0\b/.test(text), true)
        case 'spctl':
          return only(/--(?:master|global)-disable/.test(text), true)
        case 'csrutil':
          return only(verb(o) === 'disable', true)
        case 'pfctl':
          return only(o.flag('d', 'F'), true)
        case 'sed':
        case 'tee':
          return only(
            /SELINUX=(?:disabled|permissive)/.test(text) ||
              (c.name === 'tee' && /selinux\/enforce/.test(text)),
            true,
          )
        default:
          return undefined
      }
    },
    examples: {
      risky: [
        'setenforce 0',
        'ufw disable',
        'iptables -F',
        'sudo iptables -P INPUT ACCEPT',
        'nft flush ruleset',
        'systemctl stop firewalld',
        'systemctl disable --now auditd',
        "sed -i 's/SELINUX=enforcing/SELINUX=disabled/' /etc/selinux/config",
        'service ufw stop',
        'auditctl -e 0',
        'iptables -t nat --flush',
      ],
      harmless: [
        'ufw status',
        'iptables -L -n',
        'systemctl restart nginx',
        'getenforce',
        'setenforce 1',
        'nft list ruleset',
        'ufw allow 22',
        'systemctl stop nginx',
      ],
    },
  },
  {
    id: 'service-stop',
    level: 'high',
    why: 'Stops a service that you or the system need to stay connected.',
    tools: tools('systemctl service'),
    when: (c, o) =>
      c.name === 'service'
        ? only(verb(o, 1) === 'stop', matching(o.operands.slice(0, 1), VITAL_SERVICE))
        : only(/^(?:stop|disable|mask|kill)$/.test(verb(o)), matching(o.operands.slice(1), VITAL_SERVICE)),
    examples: {
      risky: ['systemctl stop sshd', 'systemctl mask NetworkManager.service', 'service ssh stop'],
      harmless: [
        'systemctl restart sshd',
        'systemctl stop nginx',
        'service nginx stop',
        'systemctl status sshd',
      ],
    },
  },
  {
    id: 'network-down',
    level: 'high',
    why: 'Cuts the machine, and perhaps your own session, off the network.',
    tools: tools('ip ifconfig ifdown nmcli route'),
    when: (c) =>
      only(
        {
          ip: /\blink set\b.*\bdown\b|\b(?:route|addr|address|a|r) (?:flush|f)\b|\b(?:route|r) (?:del|delete) default/,
          ifconfig: /\bdown\b/,
          ifdown: /\w/,
          nmcli: /\b(?:networking|radio|n|r)\b.* off\b|\bdevice disconnect\b/,
          route: /\b(?:flush|del default)\b/,
        }[c.name]?.test(line(c)),
        true,
      ),
    examples: {
      risky: [
        'ip link set eth0 down',
        'ifconfig eth0 down',
        'nmcli networking off',
        'ip route flush table main',
        'ifdown eth0',
      ],
      harmless: ['ip addr', 'ip link show', 'ifconfig', 'nmcli device', 'ip link set eth0 up'],
    },
  },
  {
    id: 'kernel-module',
    level: 'high',
    why: 'Puts code into, or takes it out of, the running kernel.',
    tools: tools('insmod rmmod modprobe kmod kextload kextunload'),
    when: (c, o) =>
      c.name === 'modprobe'
        ? only(o.flag('r', 'remove', 'f', 'force'), true)
        : c.name === 'kmod'
          ? only(/^(?:insert|remove)$/.test(verb(o)), true)
          : o.operands.length > 0,
    examples: {
      risky: ['insmod evil.ko', 'rmmod nvidia', 'modprobe -r e1000e', 'sudo insmod ./x.ko'],
      harmless: ['lsmod', 'modprobe loop', 'modinfo x'],
    },
  },
  {
    id: 'cron-remove',
    level: 'high',
    why: 'Deletes all scheduled jobs without asking.',
    tools: tools('crontab'),
    when: (_c, o) =>
      only(
        o.flag('r') && !o.flag('i'),
        [o.flag('r')].filter((arg) => arg !== undefined),
      ),
    safer: { instead: '-l' },
    examples: {
      risky: ['crontab -r', 'crontab -u bob -r', 'sudo crontab -r'],
      harmless: ['crontab -l', 'crontab -e', 'crontab file', 'crontab -ri'],
    },
  },
  {
    id: 'cron-replace',
    level: 'moderate',
    why: 'Replaces the scheduled jobs with what it reads.',
    tools: tools('crontab'),
    when: (_c, o) => matching(o.operands, /^-$/),
    examples: {
      risky: ['(crontab -l; echo "* * * * * x") | crontab -'],
      harmless: ['crontab -l', 'crontab jobs.txt'],
    },
  },
  {
    id: 'package-essential',
    level: 'high',
    why: 'Removes a package the system cannot do without.',
    tools: tools('apt apt-get aptitude dpkg yum dnf zypper rpm pacman apk brew snap'),
    when: (c, o) => {
      const removes =
        /^(?:remove|purge|autoremove|erase|del|rm|uninstall)$/.test(verb(o)) ||
        (c.name === 'dpkg' && o.flag('r', 'P', 'remove', 'purge')) ||
        (c.name === 'rpm' && o.flag('e', 'erase')) ||
        (c.name === 'pacman' && c.args.some((arg) => /^-R/.test(arg.text)))
      return only(removes, matching(o.operands, ESSENTIAL))
    },
    examples: {
      risky: [
        'apt remove libc6',
        'sudo apt-get purge -y sudo',
        'dnf remove systemd',
        'rpm -e glibc',
        'pacman -Rdd bash',
        'dpkg -P coreutils',
      ],
      harmless: [
        'apt install bash',
        'apt remove cowsay',
        'brew uninstall wget',
        'dnf upgrade',
        'apt autoremove',
      ],
    },
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
    examples: {
      risky: [
        'apt-get install --allow-unauthenticated x',
        'rpm -i --nodeps x.rpm',
        'yum install --nogpgcheck x',
        'dpkg --force-all -i x.deb',
      ],
      harmless: ['apt-get install -y x', 'rpm -i x.rpm', 'pip install x'],
    },
  },
  {
    id: 'boot-change',
    level: 'high',
    why: 'Changes how the machine starts.',
    tools: tools('grub-install efibootmgr grub2-install bootctl flashrom'),
    when: (c, o) =>
      c.name === 'efibootmgr'
        ? only(o.flag('B', 'b', 'o', 'c', 'O', 'delete-bootnum', 'create', 'bootorder'), true)
        : c.name === 'bootctl'
          ? only(/^(?:remove|install)$/.test(verb(o)), true)
          : c.name === 'flashrom'
            ? only(o.flag('w', 'E', 'write', 'erase'), true)
            : o.operands.length > 0,
    examples: {
      risky: ['grub-install /dev/sda', 'efibootmgr -b 0001 -B', 'bootctl remove'],
      harmless: ['efibootmgr', 'bootctl status', 'update-grub'],
    },
  },
]
