import type { Environment } from './setting.ts'

const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/

/**
 * Whether Kubernetes may have set the variable: it gives each container the addresses of the namespace's services, and
 * those of a service called `guardbee` look like settings of ours.
 */
export function isServiceLink(name: string, environment: Environment): boolean {
  return environment['KUBERNETES_SERVICE_HOST'] !== undefined && SERVICE_LINK.test(name)
}

/** What to do about a service link that took the name of a setting, as `tcp://10.0.0.1:1883`; else nothing. */
export function serviceLinkHint(value: string): string {
  if (!/^(tcp|udp|sctp):\/\//.test(value)) return ''
  return '; Kubernetes sets this for a service of that name: put `enableServiceLinks: false` into the pod specification'
}
