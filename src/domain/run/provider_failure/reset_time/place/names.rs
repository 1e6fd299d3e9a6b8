//! The names of the zones of the time zone database, with today's rules.
//!
//! Zones whose summer time follows a rule of their own (Cairo, Jerusalem, Santiago and a few more) stand here without it:
//! what a clock shows is then taken for the later moment.

use super::summer::Summer;

/// Quarters of an hour east of UTC without summer time, the rule of summer time, and the names in lower case.
pub(super) const NAMES: &[(i64, Summer, &str)] = &[
    (
        -44,
        Summer::Never,
        "pacific/midway pacific/niue pacific/pago_pago pacific/samoa us/samoa",
    ),
    (
        -40,
        Summer::America,
        "america/adak america/atka us/aleutian",
    ),
    (
        -40,
        Summer::Never,
        "pacific/honolulu pacific/johnston pacific/rarotonga pacific/tahiti us/hawaii",
    ),
    (-38, Summer::Never, "pacific/marquesas"),
    (
        -36,
        Summer::America,
        "america/anchorage america/juneau america/metlakatla america/nome america/sitka america/yakutat \
         us/alaska",
    ),
    (-36, Summer::Never, "pacific/gambier"),
    (
        -32,
        Summer::America,
        "america/ensenada america/los_angeles america/santa_isabel america/tijuana america/vancouver \
         canada/pacific mexico/bajanorte us/pacific",
    ),
    (-32, Summer::Never, "pacific/pitcairn"),
    (
        -28,
        Summer::America,
        "america/boise america/cambridge_bay america/ciudad_juarez america/denver america/edmonton \
         america/inuvik america/shiprock america/yellowknife canada/mountain us/mountain",
    ),
    (
        -28,
        Summer::Never,
        "america/creston america/dawson america/dawson_creek america/fort_nelson america/hermosillo \
         america/mazatlan america/phoenix america/whitehorse canada/yukon mexico/bajasur us/arizona",
    ),
    (
        -24,
        Summer::America,
        "america/chicago america/indiana/knox america/indiana/tell_city america/knox_in america/matamoros \
         america/menominee america/north_dakota/beulah america/north_dakota/center \
         america/north_dakota/new_salem america/ojinaga america/rainy_river america/rankin_inlet \
         america/resolute america/winnipeg canada/central us/central us/indiana-starke",
    ),
    (
        -24,
        Summer::Never,
        "america/bahia_banderas america/belize america/chihuahua america/costa_rica america/el_salvador \
         america/guatemala america/managua america/merida america/mexico_city america/monterrey \
         america/regina america/swift_current america/tegucigalpa canada/saskatchewan chile/easterisland \
         mexico/general pacific/easter pacific/galapagos",
    ),
    (
        -20,
        Summer::America,
        "america/detroit america/fort_wayne america/grand_turk america/indiana/indianapolis \
         america/indiana/marengo america/indiana/petersburg america/indiana/vevay america/indiana/vincennes \
         america/indiana/winamac america/indianapolis america/iqaluit america/kentucky/louisville \
         america/kentucky/monticello america/louisville america/montreal america/nassau america/new_york \
         america/nipigon america/pangnirtung america/port-au-prince america/thunder_bay america/toronto \
         canada/eastern us/east-indiana us/eastern us/michigan",
    ),
    (
        -20,
        Summer::Never,
        "america/atikokan america/bogota america/cancun america/cayman america/coral_harbour america/eirunepe \
         america/guayaquil america/havana america/jamaica america/lima america/panama america/porto_acre \
         america/rio_branco brazil/acre",
    ),
    (
        -16,
        Summer::America,
        "america/glace_bay america/goose_bay america/halifax america/moncton america/thule atlantic/bermuda \
         canada/atlantic",
    ),
    (
        -16,
        Summer::Never,
        "america/anguilla america/antigua america/aruba america/barbados america/blanc-sablon \
         america/boa_vista america/campo_grande america/caracas america/cuiaba america/curacao \
         america/dominica america/grenada america/guadeloupe america/guyana america/kralendijk america/la_paz \
         america/lower_princes america/manaus america/marigot america/martinique america/montserrat \
         america/port_of_spain america/porto_velho america/puerto_rico america/santiago america/santo_domingo \
         america/st_barthelemy america/st_kitts america/st_lucia america/st_thomas america/st_vincent \
         america/tortola america/virgin brazil/west chile/continental",
    ),
    (-14, Summer::America, "america/st_johns canada/newfoundland"),
    (-12, Summer::America, "america/miquelon"),
    (
        -12,
        Summer::Never,
        "america/araguaina america/argentina/buenos_aires america/argentina/catamarca \
         america/argentina/comodrivadavia america/argentina/cordoba america/argentina/jujuy \
         america/argentina/la_rioja america/argentina/mendoza america/argentina/rio_gallegos \
         america/argentina/salta america/argentina/san_juan america/argentina/san_luis \
         america/argentina/tucuman america/argentina/ushuaia america/asuncion america/bahia america/belem \
         america/buenos_aires america/catamarca america/cayenne america/cordoba america/coyhaique \
         america/fortaleza america/jujuy america/maceio america/mendoza america/montevideo america/paramaribo \
         america/punta_arenas america/recife america/rosario america/santarem america/sao_paulo \
         antarctica/palmer antarctica/rothera atlantic/stanley brazil/east",
    ),
    (
        -8,
        Summer::Europe,
        "america/godthab america/nuuk america/scoresbysund",
    ),
    (
        -8,
        Summer::Never,
        "america/noronha atlantic/south_georgia brazil/denoronha",
    ),
    (-4, Summer::Europe, "atlantic/azores"),
    (-4, Summer::Never, "atlantic/cape_verde"),
    (
        0,
        Summer::Europe,
        "atlantic/canary atlantic/faeroe atlantic/faroe atlantic/madeira europe/belfast europe/dublin \
         europe/guernsey europe/isle_of_man europe/jersey europe/lisbon europe/london",
    ),
    (
        0,
        Summer::Never,
        "africa/abidjan africa/accra africa/bamako africa/banjul africa/bissau africa/casablanca \
         africa/conakry africa/dakar africa/el_aaiun africa/freetown africa/lome africa/monrovia \
         africa/nouakchott africa/ouagadougou africa/sao_tome africa/timbuktu america/danmarkshavn \
         antarctica/troll atlantic/reykjavik atlantic/st_helena etc/utc etc/gmt etc/universal etc/uct \
         etc/zulu etc/greenwich",
    ),
    (
        4,
        Summer::Europe,
        "africa/ceuta arctic/longyearbyen atlantic/jan_mayen europe/amsterdam europe/andorra europe/belgrade \
         europe/berlin europe/bratislava europe/brussels europe/budapest europe/busingen europe/copenhagen \
         europe/gibraltar europe/ljubljana europe/luxembourg europe/madrid europe/malta europe/monaco \
         europe/oslo europe/paris europe/podgorica europe/prague europe/rome europe/san_marino \
         europe/sarajevo europe/skopje europe/stockholm europe/tirane europe/vaduz europe/vatican \
         europe/vienna europe/warsaw europe/zagreb europe/zurich",
    ),
    (
        4,
        Summer::Never,
        "africa/algiers africa/bangui africa/brazzaville africa/douala africa/kinshasa africa/lagos \
         africa/libreville africa/luanda africa/malabo africa/ndjamena africa/niamey africa/porto-novo \
         africa/tunis",
    ),
    (
        8,
        Summer::Europe,
        "asia/famagusta asia/nicosia europe/athens europe/bucharest europe/helsinki europe/kiev europe/kyiv \
         europe/mariehamn europe/nicosia europe/riga europe/sofia europe/tallinn europe/uzhgorod \
         europe/vilnius europe/zaporozhye",
    ),
    (
        8,
        Summer::Never,
        "africa/blantyre africa/bujumbura africa/cairo africa/gaborone africa/harare africa/johannesburg \
         africa/juba africa/khartoum africa/kigali africa/lubumbashi africa/lusaka africa/maputo \
         africa/maseru africa/mbabane africa/tripoli africa/windhoek asia/beirut asia/gaza asia/hebron \
         asia/jerusalem asia/tel_aviv europe/chisinau europe/kaliningrad europe/tiraspol",
    ),
    (
        12,
        Summer::Never,
        "africa/addis_ababa africa/asmara africa/asmera africa/dar_es_salaam africa/djibouti africa/kampala \
         africa/mogadishu africa/nairobi antarctica/syowa asia/aden asia/amman asia/baghdad asia/bahrain \
         asia/damascus asia/istanbul asia/kuwait asia/qatar asia/riyadh europe/istanbul europe/kirov \
         europe/minsk europe/moscow europe/simferopol europe/volgograd indian/antananarivo indian/comoro \
         indian/mayotte",
    ),
    (14, Summer::Never, "asia/tehran"),
    (
        16,
        Summer::Never,
        "asia/baku asia/dubai asia/muscat asia/tbilisi asia/yerevan europe/astrakhan europe/samara \
         europe/saratov europe/ulyanovsk indian/mahe indian/mauritius indian/reunion",
    ),
    (18, Summer::Never, "asia/kabul"),
    (
        20,
        Summer::Never,
        "antarctica/mawson antarctica/vostok asia/almaty asia/aqtau asia/aqtobe asia/ashgabat asia/ashkhabad \
         asia/atyrau asia/dushanbe asia/karachi asia/oral asia/qostanay asia/qyzylorda asia/samarkand \
         asia/tashkent asia/yekaterinburg indian/kerguelen indian/maldives",
    ),
    (22, Summer::Never, "asia/calcutta asia/colombo asia/kolkata"),
    (23, Summer::Never, "asia/kathmandu asia/katmandu"),
    (
        24,
        Summer::Never,
        "asia/bishkek asia/dacca asia/dhaka asia/kashgar asia/omsk asia/thimbu asia/thimphu asia/urumqi \
         indian/chagos",
    ),
    (26, Summer::Never, "asia/rangoon asia/yangon indian/cocos"),
    (
        28,
        Summer::Never,
        "antarctica/davis asia/bangkok asia/barnaul asia/ho_chi_minh asia/hovd asia/jakarta asia/krasnoyarsk \
         asia/novokuznetsk asia/novosibirsk asia/phnom_penh asia/pontianak asia/saigon asia/tomsk \
         asia/vientiane indian/christmas",
    ),
    (
        32,
        Summer::Never,
        "antarctica/casey asia/brunei asia/choibalsan asia/chongqing asia/chungking asia/harbin \
         asia/hong_kong asia/irkutsk asia/kuala_lumpur asia/kuching asia/macao asia/macau asia/makassar \
         asia/manila asia/shanghai asia/singapore asia/taipei asia/ujung_pandang asia/ulaanbaatar \
         asia/ulan_bator australia/perth australia/west",
    ),
    (35, Summer::Never, "australia/eucla"),
    (
        36,
        Summer::Never,
        "asia/chita asia/dili asia/jayapura asia/khandyga asia/pyongyang asia/seoul asia/tokyo asia/yakutsk \
         pacific/palau",
    ),
    (
        38,
        Summer::Australia,
        "australia/adelaide australia/broken_hill australia/south australia/yancowinna",
    ),
    (38, Summer::Never, "australia/darwin australia/north"),
    (
        40,
        Summer::Australia,
        "antarctica/macquarie australia/act australia/canberra australia/currie australia/hobart \
         australia/melbourne australia/nsw australia/sydney australia/tasmania australia/victoria",
    ),
    (
        40,
        Summer::Never,
        "antarctica/dumontdurville asia/ust-nera asia/vladivostok australia/brisbane australia/lindeman \
         australia/queensland pacific/chuuk pacific/guam pacific/port_moresby pacific/saipan pacific/truk \
         pacific/yap",
    ),
    (42, Summer::Never, "australia/lhi australia/lord_howe"),
    (44, Summer::Australia, "pacific/norfolk"),
    (
        44,
        Summer::Never,
        "asia/magadan asia/sakhalin asia/srednekolymsk pacific/bougainville pacific/efate pacific/guadalcanal \
         pacific/kosrae pacific/noumea pacific/pohnpei pacific/ponape",
    ),
    (
        48,
        Summer::Never,
        "asia/anadyr asia/kamchatka pacific/fiji pacific/funafuti pacific/kwajalein pacific/majuro \
         pacific/nauru pacific/tarawa pacific/wake pacific/wallis",
    ),
    (
        48,
        Summer::NewZealand,
        "antarctica/mcmurdo antarctica/south_pole pacific/auckland",
    ),
    (51, Summer::NewZealand, "pacific/chatham"),
    (
        52,
        Summer::Never,
        "pacific/apia pacific/enderbury pacific/fakaofo pacific/kanton pacific/tongatapu",
    ),
    (56, Summer::Never, "pacific/kiritimati"),
];
