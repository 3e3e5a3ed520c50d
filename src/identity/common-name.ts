import { CertificateError, shown } from './certificate.errors.js'
import { DerError, DerFields, dotted, TAG, type DerValue } from './der.js'

const COMMON_NAME = '2.5.4.3'
/** X.520's PrintableString alphabet. */
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/

/**
 * The one CN of a Name, read from its bytes: text forms of names can be made to look like
 * other names (CVE-2021-44532).
 *
 * @throws CertificateError  no CN, more than one, or one that shares its RDN or is in another string type
 */
export function commonNameOf(subject: DerValue): string {
  const found: string[] = []
  for (const rdn of subject.children) {
    if (rdn.tag !== TAG.set || rdn.children.length === 0)
      throw new DerError('subject: expected a SET with at least one attribute')
    for (const attribute of rdn.children) {
      const value = readAttribute(attribute)
      if (value === null) continue
      if (rdn.children.length > 1)
        throw new CertificateError(
          'common_name_not_single',
          `subject: expected the CN alone in its RDN, found ${rdn.children.length} attributes there`,
        )
      found.push(decode(value))
    }
  }
  const [commonName] = found
  if (commonName === undefined)
    throw new CertificateError('common_name_missing', 'subject: expected one CN, found none')
  if (found.length > 1)
    throw new CertificateError(
      'common_name_not_single',
      `subject: expected one CN, found ${found.length}`,
    )
  return commonName
}

/** The value when the attribute is a CN. */
function readAttribute(attribute: DerValue): DerValue | null {
  if (attribute.tag !== TAG.sequence || attribute.children.length !== 2)
    throw new DerError('subject: expected attributes of a type and a value')
  const type = new DerFields(attribute, 'attribute').take(TAG.oid, 'type')
  return dotted(type) === COMMON_NAME ? (attribute.children[1] ?? null) : null
}

function decode({ tag, content }: DerValue): string {
  if (tag === TAG.printableString) {
    const text = content.toString('latin1')
    if (PRINTABLE.test(text)) return text
    throw new CertificateError(
      'common_name_encoding',
      `CN: found ${shown(text)}, which a PrintableString cannot hold`,
    )
  }
  if (tag !== TAG.utf8String)
    throw new CertificateError(
      'common_name_encoding',
      `CN: expected a UTF8String or PrintableString, found tag ${tag.toString(16)}`,
    )
  const text = content.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(content))
    throw new CertificateError('common_name_encoding', 'CN: expected UTF-8')
  return text
}
