import { NotFoundError } from '../common/hub-error.js'

/** The account has published nothing, or nobody has registered the node. */
export class ProfileNotFoundError extends NotFoundError {
  override readonly code = 'profile_not_found'
}
