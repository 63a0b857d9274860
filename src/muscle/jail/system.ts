// The parts of the machine that every jail sees, whichever way it is built: programs, libraries, and no secrets.

/** Beside /usr: links into it on most systems, directories of their own on others. */
export const SYSTEM_ROOTS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']
/** Parts of /etc that programs need to find libraries, certificates and the time zone. */
export const SYSTEM_FILES = [
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/alternatives',
  '/etc/ssl/certs',
  '/etc/ca-certificates',
  '/etc/localtime',
  '/etc/mime.types',
]
export const PATH = '/usr/local/bin:/usr/bin:/bin'
