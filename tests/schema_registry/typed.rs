//! The platform's description of its logs, written manually: every table, field, type and code under
//! its own name.

/// A field: its name in JSON, its type, and the codes of an enum.
pub(crate) type Field = (&'static str, &'static str, &'static [(i64, &'static str)]);

const NONE: &[(i64, &str)] = &[];

/// The fields of every log.
pub(crate) const BASE: &[Field] = &[
    ("ID", "string", NONE),
    ("UserId", "string", NONE),
    (
        "ClientType",
        "enum",
        &[
            (0, "Web"),
            (1, "Ios"),
            (2, "Android"),
            (3, "MiniProgram"),
            (5, "H5"),
            (-1, "Unknown"),
        ],
    ),
    ("CtlDevId", "string", NONE),
    ("CtlChannel", "string", NONE),
    ("CtlVersion", "string", NONE),
    ("Description", "string", NONE),
    ("SessionId", "string", NONE),
    ("Roles", "json", NONE),
];

const PROVIDERS: &[(i64, &str)] = &[
    (0, "WeChatPay"),
    (1, "Alipay"),
    (2, "Wallet"),
    (3, "ComputePower"),
];

/// The fields of each log beside those of the base.
pub(crate) const LOGS: &[(&str, &[Field])] = &[
    (
        "GenerateImageLog",
        &[
            ("TaskId", "string", NONE),
            ("ParameterInfo", "json", NONE),
            ("IsSuccess", "bool", NONE),
            ("PictureList", "json", NONE),
            ("Amount", "decimal", NONE),
            ("WaitTimeStamp", "long", NONE),
            ("StartTimeStamp", "long", NONE),
            ("RecordTimeStamp", "long", NONE),
            ("Reason", "string", NONE),
        ],
    ),
    (
        "MerchantClueLog",
        &[
            ("PhoneNumber", "string", NONE),
            ("RecordTimeStamp", "long", NONE),
        ],
    ),
    ("MerchantSettleLog", &[("RecordTimeStamp", "long", NONE)]),
    (
        "ModelOperateLog",
        &[
            (
                "OperateType",
                "enum",
                &[
                    (1, "CreateTrainingSet"),
                    (2, "TrainingCompleted"),
                    (3, "PublishToHallOfFame"),
                    (4, "PublishToModelPlaza"),
                    (5, "UserList"),
                    (6, "UserDelist"),
                    (7, "HallOfFameRedirectedToPlaza"),
                    (8, "AdminMoveToPlaza"),
                    (9, "AdminMoveToHallOfFame"),
                ],
            ),
            ("RecordTimeStamp", "long", NONE),
        ],
    ),
    (
        "ModelUseLog",
        &[
            ("IsSuccess", "bool", NONE),
            ("BelongUserId", "string", NONE),
            ("RecordTimeStamp", "long", NONE),
        ],
    ),
    (
        "OrderLog",
        &[
            ("PayTime", "long", NONE),
            ("OrderType", "string", NONE),
            ("PayUserId", "string", NONE),
            ("IncomeUserId", "string", NONE),
            ("OrderAmount", "decimal", NONE),
            ("CouponAmount", "decimal", NONE),
            ("PayableAmount", "decimal", NONE),
            ("RealPayAmount", "decimal", NONE),
            ("PayProvider", "enum", PROVIDERS),
            ("IncomeProvider", "enum", PROVIDERS),
            ("RecordTimeStamp", "long", NONE),
        ],
    ),
    (
        "PlatformAmountLog",
        &[
            ("FlowType", "enum", &[(0, "Expense"), (1, "Income")]),
            ("Amount", "decimal", NONE),
            ("TradeType", "string", NONE),
            ("RecordTimeStamp", "long", NONE),
        ],
    ),
    (
        "SearchLog",
        &[
            ("KeyWord", "string", NONE),
            ("TemporaryCode", "string", NONE),
            ("ResultCount", "long", NONE),
            ("RecordTimeStamp", "long", NONE),
        ],
    ),
    (
        "TelepathyLog",
        &[
            (
                "TelepathyTradeFlowType",
                "enum",
                &[(1, "Expense"), (2, "Income")],
            ),
            ("TradeItem", "string", NONE),
            ("TradeAmount", "decimal", NONE),
            ("RemainAmount", "decimal", NONE),
            ("RecordTimeStamp", "long", NONE),
        ],
    ),
    (
        "UserActivateLog",
        &[("Ip", "string", NONE), ("RecordTimeStamp", "long", NONE)],
    ),
    (
        "UserLoginLog",
        &[
            ("Ip", "string", NONE),
            ("OfflineTimeStamp", "long", NONE),
            ("LoginTimeStamp", "long", NONE),
        ],
    ),
    (
        "WalletLog",
        &[
            // The codes are an assumption: the description gives none.
            ("TradeType", "enum", &[(1, "Expense"), (2, "Income")]),
            ("TradeItem", "string", NONE),
            ("TradeAmount", "decimal", NONE),
            ("RemainAmount", "decimal", NONE),
            ("RecordTimeStamp", "long", NONE),
        ],
    ),
    (
        "WaresBrowseLog",
        &[
            ("TemporaryCode", "string", NONE),
            ("RecordTimeStamp", "long", NONE),
        ],
    ),
    (
        "WaresCollectionLog",
        &[
            ("StoreId", "string", NONE),
            ("RecordTimeStamp", "long", NONE),
        ],
    ),
];

/// The object `ParameterInfo` inside of a log.
pub(crate) const PARAMETER_INFO: &[Field] = &[
    (
        "GenerateImageEnum",
        "enum",
        &[
            (1, "StyleSelection"),
            (2, "HallOfFame"),
            (3, "MyModel"),
            (4, "EditRedraw"),
            (5, "Drawing3d"),
            (6, "AiChat"),
        ],
    ),
    (
        "MaterialSource",
        "enum",
        &[
            (1, "None"),
            (2, "OnSite"),
            (3, "OffSite"),
            (4, "PlatformTemplate"),
        ],
    ),
    ("Url", "string", NONE),
    (
        "Size",
        "enum",
        &[(16, "Landscape16x9"), (1, "Square"), (3, "Portrait3x4")],
    ),
    ("AISpatialAttributeId", "string", NONE),
    ("AIStyleId", "string", NONE),
    ("Sum", "int", NONE),
];
