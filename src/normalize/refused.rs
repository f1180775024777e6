//! Receipts of files that are not opened → the finding that says why.

use crate::model::{Code, Finding, Signature};
use crate::store::{ReceiptRow, raw};

/// A file that pull refused unread.
pub(super) fn unread(receipt: &ReceiptRow) -> Finding {
    let code = Code::from_word(&receipt.refused).unwrap_or(Code::FileUnreadable);
    let finding =
        |found: &str, vi: &str, en: &str| Finding::new(code, raw::submission_id(&receipt.sha256), found, vi, en);
    let source = &receipt.source;
    match code {
        Code::FileUnsafe => finding("symlink", "một tệp thường", "a regular file"),
        Code::SenderUnknown => finding(
            &receipt.district,
            &format!("thư mục của huyện mà nguồn “{source}” được gửi thay"),
            &format!("the folder of a district that the source “{source}” may send for"),
        ),
        _ => finding("", "một tệp đọc được trong giới hạn", "a readable file within the limit"),
    }
}

/// A file that is not signed as it must be.
pub(super) fn unsigned(receipt: &ReceiptRow) -> Option<Finding> {
    let ReceiptRow { file_name, signed_by, .. } = receipt;
    let (found, vi, en) = match receipt.signature {
        Signature::Fine | Signature::Itself => return None,
        Signature::Missing => (
            "",
            format!("tệp chữ ký “{file_name}.sig” hoặc “{file_name}.minisig” gửi kèm"),
            format!("its signature beside it, “{file_name}.sig” or “{file_name}.minisig”"),
        ),
        Signature::Wrong => (
            file_name.as_str(),
            "chữ ký của đúng tệp này, như khi gửi".to_owned(),
            "a signature of these very bytes".to_owned(),
        ),
        Signature::Stranger => (
            file_name.as_str(),
            "chữ ký bằng khóa đã đăng ký của huyện".to_owned(),
            "a signature by a key that is registered for the district".to_owned(),
        ),
        Signature::Expired => (
            signed_by.as_str(),
            "chữ ký bằng khóa còn hiệu lực vào ngày nhận".to_owned(),
            "a signature by a key that is valid on the day of receipt".to_owned(),
        ),
    };
    Some(Finding::new(Code::SignatureInvalid, raw::submission_id(&receipt.sha256), found, &vi, &en))
}
