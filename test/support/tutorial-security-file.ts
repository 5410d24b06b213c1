import { readFile } from 'node:fs/promises'
import path from 'node:path'

const TUTORIAL = path.join(import.meta.dirname, 'ese', 'okta-tutorial.xml')

/** The `enterprise-security-extension.xml` of HiveMQ's Okta tutorial with its blanks filled in and nothing else changed. */
export async function tutorialSecurityFile(domain: string, clientId: string, clientSecret: string): Promise<string> {
  const text = await readFile(TUTORIAL, 'utf8')
  return text
    .replaceAll('[OKTA DOMAIN]', domain)
    .replaceAll('[OKTA CLIENT ID]', clientId)
    .replaceAll('[OKTA CLIENT SECRET]', clientSecret)
}
