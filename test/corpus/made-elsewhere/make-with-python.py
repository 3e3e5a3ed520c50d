"""Makes the certificates of this folder that Python's cryptography makes, as the desktop client does."""
import datetime
import hashlib
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).parent


def make(name, bits, id_length, authority, digest=hashes.SHA256(), printable=False):
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    public_pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    node_id = "dpc-node-" + hashlib.sha256(public_pem).hexdigest()[:id_length]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node_id)])
    if printable:
        kind = x509.name._ASN1Type.PrintableString
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node_id, _type=kind)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=3650))
    )
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, digest)
    (HERE / f"{name}.public-key.pem").write_bytes(public_pem)
    (HERE / f"{name}.certificate.pem").write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
    )


if __name__ == "__main__":
    make("python-rsa-2048", 2048, 32, authority=True)
    make("python-rsa-4096", 4096, 16, authority=True)
    make("python-rsa-2048-plain", 2048, 16, authority=False)
    make("python-rsa-2048-printable", 2048, 32, authority=True, digest=hashes.SHA512(), printable=True)
