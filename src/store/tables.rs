//! The tables of the data contract: their columns, types, labels and order.
//!
//! Text columns are declared as `Utf8`; a stage may hand them over as `Utf8` or as `Dictionary(Int32, Utf8)`, which is
//! cheaper to build. Readers always see text, dictionary-encoded in the file.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// Version of the tables' columns, kept in every file.
pub const SCHEMA_VERSION: &str = "1";

/// One column: name, type, whether it may be null, labels in Vietnamese and English.
type Column = (&'static str, Type, bool, &'static str, &'static str);

#[derive(Debug, Clone, Copy)]
enum Type {
    Text,
    Texts,
    Number,
    Whole,
    Flag,
    Day,
    Time,
}
use Type::{Day, Flag, Number, Text, Texts, Time, Whole};

impl Type {
    fn arrow(self) -> DataType {
        match self {
            Text => DataType::Utf8,
            Texts => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
            Number => DataType::Float64,
            Whole => DataType::Int32,
            Flag => DataType::Boolean,
            Day => DataType::Date32,
            Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }
}

/// Which file of an archive it is about.
const MEMBER: Column =
    ("member", Text, true, "Tệp trong gói nén", "path inside the archive received; null for a plain file");
const OBSERVATIONS: &[Column] = &[
    ("unit_code", Text, false, "Mã đơn vị", "unit code"),
    ("unit_level", Text, false, "Cấp", "level"),
    ("district_code", Text, true, "Mã huyện", "district code; null directly below the province"),
    ("period", Text, false, "Kỳ", "period"),
    ("period_start", Day, false, "Ngày đầu kỳ", "first day of the period"),
    ("period_end", Day, false, "Ngày cuối kỳ", "last day of the period"),
    ("form", Text, false, "Biểu", "form"),
    ("element", Text, false, "Chỉ tiêu thống kê", "data element"),
    ("value", Number, false, "Giá trị", "value"),
    ("submission_id", Text, false, "Mã bài nộp", "submission"),
    MEMBER,
    ("sheet", Text, true, "Trang tính", "sheet; null in a text file"),
    ("cell", Text, false, "Ô", "cell"),
    ("received_at", Time, false, "Nhận lúc", "received at (UTC)"),
    ("known_from", Time, false, "Có hiệu lực từ", "known from (UTC)"),
    ("flags", Texts, false, "Cảnh báo", "codes of findings on this value"),
];
const HISTORY: &[Column] = &[
    OBSERVATIONS[0],
    OBSERVATIONS[1],
    OBSERVATIONS[2],
    OBSERVATIONS[3],
    OBSERVATIONS[4],
    OBSERVATIONS[5],
    OBSERVATIONS[6],
    OBSERVATIONS[7],
    OBSERVATIONS[8],
    OBSERVATIONS[9],
    OBSERVATIONS[10],
    OBSERVATIONS[11],
    OBSERVATIONS[12],
    OBSERVATIONS[13],
    OBSERVATIONS[14],
    ("known_to", Time, false, "Hết hiệu lực", "replaced at (UTC)"),
    OBSERVATIONS[15],
];
const FINDINGS: &[Column] = &[
    ("finding_id", Text, false, "Mã phát hiện", "finding"),
    ("submission_id", Text, true, "Mã bài nộp", "submission; null where the file was refused unread"),
    ("file_name", Text, false, "Tên tệp", "file name"),
    MEMBER,
    ("severity", Text, false, "Mức độ", "error, warning or info"),
    ("code", Text, false, "Loại", "code"),
    ("sheet", Text, true, "Trang tính", "sheet"),
    ("cell", Text, true, "Ô", "cell"),
    ("unit_code", Text, true, "Mã đơn vị", "unit code"),
    ("element", Text, true, "Chỉ tiêu thống kê", "data element"),
    ("period", Text, true, "Kỳ", "period"),
    ("found", Text, false, "Có", "the text as it stood"),
    ("expected", Text, false, "Cần (tiếng Anh)", "what was expected, in English"),
    ("expected_vi", Text, false, "Cần", "what was expected, in Vietnamese"),
    ("message_vi", Text, false, "Thông báo", "message in Vietnamese"),
    ("message_en", Text, false, "Thông báo (tiếng Anh)", "message in English"),
    ("likely_cause", Text, true, "Nguyên nhân có thể", "likely cause"),
    ("justification", Text, true, "Giải trình", "the district's justification"),
    ("closed_by", Text, true, "Đóng bởi", "closed by"),
];
const SUBMISSIONS: &[Column] = &[
    ("submission_id", Text, true, "Mã bài nộp", "submission; null where the file was refused unread"),
    ("district_code", Text, false, "Mã huyện", "folder that it came from"),
    ("form", Text, true, "Biểu", "form"),
    ("period", Text, true, "Kỳ", "period"),
    ("source", Text, false, "Nguồn", "source"),
    ("file_name", Text, false, "Tên tệp", "file name"),
    MEMBER,
    ("bytes", Whole, false, "Kích thước", "size in bytes"),
    ("sha256", Text, true, "SHA-256", "digest of the bytes"),
    ("received_at", Time, false, "Nhận lúc", "received at (UTC)"),
    ("due_on", Day, true, "Hạn nộp", "due on"),
    ("days_late", Whole, true, "Số ngày muộn", "days late; 0 when on time"),
    ("status", Text, false, "Trạng thái", "status"),
    ("superseded_by", Text, true, "Thay bởi", "submission that replaced it"),
    ("signed_by", Text, true, "Người ký số", "signer"),
    ("values_accepted", Whole, false, "Số giá trị", "values accepted"),
    ("errors", Whole, false, "Số lỗi", "errors"),
    ("warnings", Whole, false, "Số cảnh báo", "warnings"),
];
const REPORTING: &[Column] = &[
    ("unit_code", Text, false, "Mã đơn vị", "unit code"),
    ("district_code", Text, false, "Mã huyện", "district code"),
    ("form", Text, false, "Biểu", "form"),
    ("period", Text, false, "Kỳ", "period"),
    ("due_on", Day, false, "Hạn nộp", "due on"),
    ("received_on", Day, true, "Ngày nhận", "first received on, local date"),
    ("on_time", Flag, true, "Đúng hạn", "on time; null where not received"),
    ("values_due", Whole, false, "Số giá trị phải có", "values due"),
    ("values_accepted", Whole, false, "Số giá trị", "values accepted"),
    ("complete_share", Number, false, "Tỷ lệ đầy đủ", "accepted ÷ due"),
];
const INDICATOR_VALUES: &[Column] = &[
    ("map", Text, false, "Bản đồ", "as_reported; as_of: the plan's first day, or the day chosen; current: today"),
    ("level", Text, false, "Cấp", "level"),
    ("unit_code", Text, false, "Mã đơn vị", "unit code"),
    ("district_code", Text, true, "Mã huyện", "district code"),
    ("period", Text, false, "Kỳ", "period"),
    ("span", Text, false, "Khoảng", "span"),
    ("indicator", Text, false, "Chỉ số", "indicator"),
    ("state", Text, false, "Tình trạng", "why there is a value or none"),
    ("numerator", Number, true, "Tử số", "numerator"),
    ("denominator", Number, true, "Mẫu số", "denominator over units that reported the numerator"),
    ("value", Number, true, "Giá trị", "value; a share is a fraction"),
    ("value_low", Number, true, "Thấp nhất có thể", "lowest it can be, given what is missing"),
    ("value_high", Number, true, "Cao nhất có thể", "highest it can be, given what is missing"),
    ("ci_low", Number, true, "Cận dưới", "lower 95% limit"),
    ("ci_high", Number, true, "Cận trên", "upper 95% limit"),
    ("previous", Number, true, "Năm trước", "value of the same span one year before"),
    ("change", Number, true, "Thay đổi", "value less previous"),
    ("change_is_real", Flag, true, "Thay đổi thật", "whether the change is more than noise"),
    ("baseline", Number, true, "Kỳ gốc", "baseline"),
    ("target_low", Number, true, "Mục tiêu", "required value at the next milestone"),
    ("target_high", Number, true, "Mục tiêu cao", "aspired value at the next milestone"),
    ("expected_now", Number, true, "Cần đạt lúc này", "required value at the period's end"),
    ("achieved_share", Number, true, "Tỷ lệ đạt", "share of the way from the baseline to target_low"),
    ("status", Text, false, "Đánh giá", "status against the target"),
    ("units_reporting", Whole, false, "Số đơn vị báo cáo", "units that reported"),
    ("units_expected", Whole, false, "Số đơn vị phải báo cáo", "units expected"),
    ("rank", Whole, true, "Hạng", "rank among units of the level in the province"),
    ("rank_of", Whole, true, "Trong số", "how many were ranked"),
    (
        "flags",
        Texts,
        false,
        "Ghi chú",
        "apportioned, coverage_above_one, fewer_detected, incomplete, share_unknown, uncertain",
    ),
];
const ASSESSMENTS: &[Column] = &[
    ("level", Text, false, "Cấp", "level"),
    ("unit_code", Text, false, "Mã đơn vị", "unit code"),
    ("district_code", Text, true, "Mã huyện", "district code"),
    ("period", Text, false, "Kỳ", "newest quarter with reports; figures are those of span year_to_date"),
    ("indicator", Text, false, "Chỉ số", "indicator"),
    (
        "shrunk",
        Number,
        true,
        "Ước lượng EB",
        "empirical-Bayes mean of a ward's share or rate, drawn towards the province's",
    ),
    ("shrunk_low", Number, true, "Cận dưới EB", "lower 95% limit of it"),
    ("shrunk_high", Number, true, "Cận trên EB", "upper 95% limit of it"),
    ("shrink_weight", Number, true, "Trọng số riêng", "weight of the ward's own figure in it"),
    (
        "funnel_low_95",
        Number,
        true,
        "Phễu 95% dưới",
        "lower 95% funnel limit around the province, between-ward variance added",
    ),
    ("funnel_high_95", Number, true, "Phễu 95% trên", "upper 95% funnel limit"),
    ("funnel_low_998", Number, true, "Phễu 99,8% dưới", "lower 99.8% funnel limit"),
    ("funnel_high_998", Number, true, "Phễu 99,8% trên", "upper 99.8% funnel limit"),
    ("funnel", Text, true, "Vị trí trong phễu", "low_99.8, low_95, in_control, high_95 or high_99.8"),
    ("trend", Text, true, "Xu hướng", "increasing, decreasing or no_trend (seasonal Mann-Kendall over quarters, 5%)"),
    ("trend_p", Number, true, "p của xu hướng", "chance of such a trend by noise"),
    ("trend_per_year", Number, true, "Thay đổi mỗi năm", "median slope within seasons, a year"),
    ("trend_quarters", Whole, true, "Số quý", "quarters with a value"),
    ("projected_year", Whole, true, "Năm dự báo", "last year of the target, not yet over"),
    (
        "projected",
        Number,
        true,
        "Dự báo",
        "straight line through what was seen, at the end of that year, within what is possible",
    ),
    ("projected_low", Number, true, "Dự báo thấp", "lower 95% limit of a value there"),
    ("projected_high", Number, true, "Dự báo cao", "upper 95% limit of a value there"),
    ("projected_probability", Number, true, "Xác suất đạt", "probability that a value there meets the target"),
];
const SCORECARDS: &[Column] = &[
    ("unit_code", Text, false, "Mã đơn vị", "ward"),
    ("district_code", Text, false, "Mã huyện", "district code"),
    ("period", Text, false, "Kỳ", "period"),
    ("class", Text, true, "Phân loại", "rubric class; null where it cannot be told"),
    ("rubric_points", Number, true, "Điểm thẩm định", "verified points"),
    ("rubric_points_max", Number, false, "Điểm tối đa", "most points possible"),
    ("failed_requirements", Texts, false, "Điều kiện không đạt", "what held the class back"),
    (
        "decided_by",
        Text,
        true,
        "Tiêu chí quyết định",
        "criterion that decided: the failed requirement lacking most, else the criterion with most points missing; null in \
         the best class",
    ),
    (
        "points_to_next",
        Number,
        true,
        "Còn thiếu để lên hạng",
        "fewest points that reach a better class; null in the best",
    ),
    (
        "points_above",
        Number,
        true,
        "Điểm dư trên ngưỡng",
        "most points that may be lost on any criterion before the class is lost; 0 on its bound",
    ),
    ("rubric_claimed", Number, true, "Điểm tự chấm", "claimed points"),
    ("class_claimed", Text, true, "Phân loại tự chấm", "class that the claimed points alone would give"),
    ("score", Number, true, "Điểm tổng hợp", "ward score, 0 to 100"),
    (
        "score_low",
        Number,
        true,
        "Điểm thấp nhất",
        "lower end of its interval: weights, goalposts and values drawn anew",
    ),
    ("score_high", Number, true, "Điểm cao nhất", "upper end of its interval"),
    ("rank", Whole, true, "Hạng", "rank by score in the province"),
    ("rank_low", Whole, true, "Hạng tốt nhất", "best end of its interval"),
    ("rank_high", Whole, true, "Hạng kém nhất", "worst end of its interval"),
    ("rank_of", Whole, true, "Trong số", "how many were ranked"),
    ("achieved", Whole, false, "Đã đạt", "targets achieved"),
    ("on_track", Whole, false, "Đúng tiến độ", "targets on track"),
    ("at_risk", Whole, false, "Có nguy cơ", "targets at risk"),
    ("off_track", Whole, false, "Chậm", "targets off track"),
    ("undecided", Whole, false, "Chưa xác định", "targets undecided"),
    ("not_reported", Whole, false, "Chưa báo cáo", "targets not reported or undefined"),
    ("completeness", Number, true, "Tỷ lệ đầy đủ", "values accepted ÷ values due, year to date"),
    ("days_late", Whole, true, "Số ngày muộn", "most days late, year to date"),
];
const IMPACT: &[Column] = &[
    ("intervention", Text, false, "Can thiệp", "intervention"),
    ("measure", Text, false, "Chỉ tiêu", "element (per 1,000 inhabitants) or indicator"),
    ("role", Text, false, "Vai trò", "outcome; placebo: should not have moved"),
    (
        "method",
        Text,
        false,
        "Phương pháp",
        "its_newey_west, its_quasi_poisson, did_two_way (errors clustered by unit; Poisson for counts) or \
         did_callaway_santanna",
    ),
    ("estimand", Text, false, "Đại lượng", "level_change, slope_change (per quarter), effect_last or att"),
    ("scale", Text, false, "Thang", "difference (0: no effect) or ratio (1: no effect)"),
    ("since", Text, true, "Từ kỳ", "first period of the units that it is about; null for all"),
    ("estimate", Number, true, "Ước lượng", "estimate; null where it is undefined, see note"),
    ("se", Number, true, "Sai số chuẩn", "standard error; of the logarithm on the scale of ratios"),
    ("ci_low", Number, true, "Cận dưới", "lower 95% limit"),
    ("ci_high", Number, true, "Cận trên", "upper 95% limit"),
    ("p", Number, true, "Trị số p", "two-sided p of no effect"),
    (
        "p_adjusted",
        Number,
        true,
        "p hiệu chỉnh",
        "p after Holm's correction over the intervention's estimates of the same role",
    ),
    (
        "found",
        Flag,
        true,
        "Có tác động",
        "whether p_adjusted is below 0.05; null for interrupted series, which cannot tell it from what happened everywhere",
    ),
    ("n_units", Whole, false, "Số đơn vị can thiệp", "treated units"),
    ("n_controls", Whole, false, "Số đơn vị đối chứng", "units of the province never treated"),
    ("n_periods", Whole, false, "Số kỳ", "quarters"),
    ("pretrend_p", Number, true, "p xu hướng trước", "p of all leads of the event study being zero"),
    ("note", Text, true, "Ghi chú", "why it is undefined; units left out"),
];
const IMPACT_SERIES: &[Column] = &[
    ("intervention", Text, false, "Can thiệp", "intervention"),
    ("measure", Text, false, "Chỉ tiêu", "element (per 1,000 inhabitants) or indicator"),
    ("role", Text, false, "Vai trò", "outcome; placebo: should not have moved"),
    ("method", Text, false, "Phương pháp", "did_two_way or did_callaway_santanna"),
    ("scale", Text, false, "Thang", "difference (0: no effect) or ratio (1: no effect)"),
    (
        "quarters_since",
        Whole,
        false,
        "Số quý từ khi bắt đầu",
        "quarters since the start; compared with the one before it, -1",
    ),
    ("estimate", Number, false, "Ước lượng", "effect at that time"),
    ("se", Number, false, "Sai số chuẩn", "standard error; of the logarithm on the scale of ratios"),
    ("ci_low", Number, false, "Cận dưới", "lower 95% limit"),
    ("ci_high", Number, false, "Cận trên", "upper 95% limit"),
    ("p", Number, false, "Trị số p", "two-sided p of no effect"),
];
const IMPACT_COURSES: &[Column] = &[
    ("intervention", Text, false, "Can thiệp", "intervention"),
    ("measure", Text, false, "Chỉ tiêu", "element (per 1,000 inhabitants) or indicator"),
    ("role", Text, false, "Vai trò", "outcome; placebo: should not have moved"),
    ("since", Text, true, "Từ kỳ", "first period of the units with it; null for those without"),
    ("period", Text, false, "Kỳ", "quarter"),
    ("n_units", Whole, false, "Số đơn vị", "units taken together"),
    ("value", Number, true, "Giá trị", "value of these units together; null where less than 80% by size reported"),
];
const UNITS: &[Column] = &[
    ("unit_code", Text, false, "Mã đơn vị", "unit code"),
    ("name_vi", Text, false, "Tên", "name"),
    ("name_en", Text, false, "Tên không dấu", "name without accents"),
    ("level", Text, false, "Cấp", "level"),
    ("kind", Text, false, "Loại", "kind"),
    ("parent_code", Text, true, "Mã cấp trên", "unit above"),
    ("valid_from", Day, false, "Từ ngày", "first day in force"),
    ("valid_to", Day, true, "Đến ngày", "first day no longer in force"),
    ("source", Text, false, "Nguồn", "source"),
];
const UNIT_CHANGES: &[Column] = &[
    ("effective_date", Day, false, "Ngày hiệu lực", "effective date"),
    ("change", Text, false, "Thay đổi", "kind of change"),
    ("from_code", Text, true, "Từ", "predecessor"),
    ("to_code", Text, true, "Thành", "successor"),
    ("share", Number, true, "Tỷ lệ", "share of the predecessor"),
    ("legal_basis", Text, false, "Căn cứ", "legal instrument"),
    ("source", Text, false, "Nguồn", "source"),
    ("confidence", Text, false, "Độ tin cậy", "confidence"),
];
const ELEMENTS: &[Column] = &[
    ("element", Text, false, "Mã", "element"),
    ("form", Text, false, "Biểu", "form"),
    ("column", Whole, false, "Cột", "column on the form"),
    ("kind", Text, false, "Loại", "flow, stock, flag or points"),
    ("level", Text, false, "Cấp", "level of its unit"),
    ("name_vi", Text, false, "Tên", "Vietnamese name"),
    ("name_en", Text, false, "Tên tiếng Anh", "English name"),
    ("unit", Text, false, "Đơn vị tính", "unit of measure"),
    ("decimals", Flag, false, "Có phần lẻ", "whether decimals are allowed"),
];
const INDICATORS: &[Column] = &[
    ("indicator", Text, false, "Mã", "indicator"),
    ("group", Text, false, "Nhóm", "solution group, or T"),
    ("name_vi", Text, false, "Tên", "Vietnamese name"),
    ("name_en", Text, false, "Tên tiếng Anh", "English name"),
    ("level", Text, false, "Cấp", "lowest level"),
    ("unit_code", Text, true, "Đơn vị", "the one unit it is about"),
    ("form", Text, false, "Dạng", "ratio, reduction or count"),
    ("numerator", Text, false, "Tử số", "formula of the numerator"),
    ("denominator", Text, true, "Mẫu số", "formula of the denominator"),
    ("factor", Number, false, "Hệ số", "factor"),
    ("own_level", Text, true, "Cấp bổ sung", "level that adds its own part"),
    ("own_numerator", Text, true, "Tử số bổ sung", "numerator of that part"),
    ("own_denominator", Text, true, "Mẫu số bổ sung", "denominator of that part"),
    ("direction", Text, false, "Chiều", "rise, fall or none"),
    ("unit_label", Text, false, "Đơn vị tính", "unit of the value"),
];
const TARGETS: &[Column] = &[
    ("indicator", Text, false, "Chỉ số", "indicator"),
    ("year", Whole, false, "Năm", "year of the milestone"),
    ("target_low", Number, false, "Mức yêu cầu", "required value"),
    ("target_high", Number, false, "Mức phấn đấu", "aspired value"),
    ("kind", Text, false, "Dạng", "level, cumulative_flow, share_of_units or count"),
    ("direction", Text, false, "Chiều", "rise, fall or hold"),
    ("baseline", Number, true, "Mức gốc", "value at the plan's first day; null where every year demands its milestone"),
    ("baseline_source", Text, false, "Nguồn mức gốc", "where the baseline is taken from"),
    ("pace", Text, false, "Tiến độ", "how the required value moves between milestones: linear or step"),
    ("on_track_from", Number, false, "Đúng tiến độ từ", "share of the way due from which it is on track"),
    (
        "at_risk_from",
        Number,
        false,
        "Có nguy cơ từ",
        "share of the way due from which it is at risk, below that off track",
    ),
];
const PERIODS: &[Column] = &[
    ("period", Text, false, "Kỳ", "period"),
    ("period_start", Day, false, "Ngày đầu", "first day"),
    ("period_end", Day, false, "Ngày cuối", "last day"),
    ("label_vi", Text, false, "Nhãn", "Vietnamese label"),
    ("label_en", Text, false, "Nhãn tiếng Anh", "English label"),
    ("due_on", Day, false, "Hạn nộp", "due on"),
    ("state", Text, false, "Tình trạng", "not_due, provisional or final"),
];
const POPULATIONS: &[Column] = &[
    ("unit_code", Text, false, "Mã đơn vị", "unit code"),
    ("year", Whole, false, "Năm", "year"),
    ("population", Number, false, "Dân số", "persons"),
    ("note", Text, false, "Ghi chú", "source or note"),
];
const BASELINES: &[Column] = &[
    ("unit_code", Text, false, "Mã đơn vị", "unit code"),
    ("element", Text, false, "Chỉ tiêu thống kê", "element"),
    ("as_of", Day, false, "Ngày", "day on which it held"),
    ("value", Number, false, "Giá trị", "value"),
];
const RUBRIC: &[Column] = &[
    ("criterion", Text, false, "Tiêu chí", "criterion"),
    ("name_vi", Text, false, "Tên", "Vietnamese name"),
    ("name_en", Text, false, "Tên tiếng Anh", "English name"),
    ("max_points", Number, false, "Điểm tối đa", "most points"),
    ("claimed_element", Text, false, "Điểm tự chấm", "element with the claimed points"),
    ("verified_element", Text, false, "Điểm thẩm định", "element with the verified points"),
];
const RUBRIC_CLASSES: &[Column] = &[
    ("class", Text, false, "Loại", "class"),
    ("name_vi", Text, false, "Tên", "Vietnamese name"),
    ("name_en", Text, false, "Tên tiếng Anh", "English name"),
    ("min_points", Number, false, "Điểm tối thiểu", "least verified points"),
    ("requirements", Texts, false, "Điều kiện", "requirements, as `c02>=15`"),
];

const SCORE_COMPONENTS: &[Column] = &[
    ("group", Text, false, "Nhóm", "group of components"),
    ("name_vi", Text, false, "Tên nhóm", "Vietnamese name of the group"),
    ("name_en", Text, false, "Tên nhóm tiếng Anh", "English name of the group"),
    ("group_weight", Number, false, "Trọng số nhóm", "weight among the groups"),
    ("indicator", Text, false, "Chỉ số", "indicator"),
    ("weight", Number, false, "Trọng số", "weight within the group"),
    (
        "low",
        Number,
        true,
        "Mốc 0 điểm",
        "lower goalpost; null where it is the baseline of the target and the upper one what that requires now",
    ),
    ("high", Number, true, "Mốc 100 điểm", "upper goalpost; the good one unless less is better"),
    (
        "builds_within_year",
        Flag,
        false,
        "Cộng dồn trong năm",
        "whether only the quarter's share of the goalposts holds",
    ),
];

/// Every table of a release, with its columns, in the order of the documentation.
const TABLES: &[(&str, &[Column])] = &[
    ("observations", OBSERVATIONS),
    ("observations_history", HISTORY),
    ("findings", FINDINGS),
    ("submissions", SUBMISSIONS),
    ("reporting", REPORTING),
    ("indicator_values", INDICATOR_VALUES),
    ("assessments", ASSESSMENTS),
    ("scorecards", SCORECARDS),
    ("impact", IMPACT),
    ("impact_series", IMPACT_SERIES),
    ("impact_courses", IMPACT_COURSES),
    ("units", UNITS),
    ("unit_changes", UNIT_CHANGES),
    ("elements", ELEMENTS),
    ("indicators", INDICATORS),
    ("targets", TARGETS),
    ("periods", PERIODS),
    ("populations", POPULATIONS),
    ("baselines", BASELINES),
    ("rubric", RUBRIC),
    ("rubric_classes", RUBRIC_CLASSES),
    ("score_components", SCORE_COMPONENTS),
];

/// Columns, in whatever table, whose numbers hardly ever come twice: a dictionary of them would only cost.
pub(super) const MEASURES: &[&str] =
    &["value_low", "value_high", "ci_low", "ci_high", "previous", "change", "achieved_share"];

/// Columns, in whatever table, whose neighbours are nearly always equal: encoded they are a few runs, on which
/// compression is lost.
pub(super) const RUNS: &[&str] = &[
    "unit_code",
    "unit_level",
    "district_code",
    "period",
    "period_start",
    "period_end",
    "form",
    "submission_id",
    "member",
    "sheet",
    "received_at",
    "known_from",
    "known_to",
    "map",
    "level",
    "span",
];

/// Text columns by which readers pick rows: only these tell their least and greatest value, by which whole pages are passed
/// over. To compare every text of every column costs a tenth of writing a table, and nobody asks for a range of states.
pub(super) const KEYS: &[&str] = &["unit_code", "district_code", "period", "element", "indicator"];

/// Names of every table.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(name, _)| *name)
}

/// Arrow schema of a table, with `label_vi` and `label_en` in each field's metadata; `None` for an unknown name.
pub fn schema(table: &str) -> Option<SchemaRef> {
    let (_, columns) = TABLES.iter().find(|(name, _)| *name == table)?;
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, kind, nullable, vi, en)| {
            Field::new(*name, kind.arrow(), *nullable).with_metadata(HashMap::from([
                ("label_vi".to_owned(), (*vi).to_owned()),
                ("label_en".to_owned(), (*en).to_owned()),
            ]))
        })
        .collect();
    Some(Arc::new(Schema::new(fields)))
}

/// The data dictionary in Markdown: every table with its columns, types and labels.
pub fn dictionary() -> String {
    let mut text = String::from(
        "# Tables of a release\n\nOne glob reads a table: `current/data/<table>/**/*.parquet`. Timestamps are UTC with \
         microseconds.\n`period` is `2018-Q2` or `2018`; ratios are fractions; a missing value is null, never zero, and \
         `state` says why.\nThis file is made from the code that writes the tables, and a test holds it to that.\n",
    );
    for (name, columns) in TABLES {
        text.push_str(&format!("\n## {name}\n\n| column | type | null | what | nghĩa |\n|---|---|---|---|---|\n"));
        for (column, kind, nullable, vi, en) in *columns {
            let kind = match kind {
                Text => "text",
                Texts => "list of text",
                Number => "double",
                Whole => "int32",
                Flag => "boolean",
                Day => "date",
                Time => "timestamp",
            };
            let null = if *nullable { "yes" } else { "" };
            text.push_str(&format!("| `{column}` | {kind} | {null} | {en} | {vi} |\n"));
        }
    }
    text
}
