package weir.oracle;

import java.math.BigDecimal;
import java.math.MathContext;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DistinctType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;
import org.apache.flink.table.utils.DateTimeUtils;
import org.apache.flink.types.RowKind;

/** Rows as JSON text and back; the table "Rows" of docs/test-format.md. */
final class Rows {
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final TimeZone UTC = TimeZone.getTimeZone("UTC");
    private static final Pattern YEAR_MONTH = Pattern.compile("([+-]?)(\\d+)-(\\d+)");
    private static final Pattern DAY_TIME = Pattern.compile("([+-]?)(\\d+) (\\d+):(\\d+):(\\d+)(?:\\.(\\d{1,3})\\d*)?");

    private final RowType type;
    private final TimeZone zone;
    private final RowData.FieldGetter[] getters;

    Rows(RowType type, ZoneId zone) {
        this.type = type;
        this.zone = TimeZone.getTimeZone(zone);
        getters = getters(type);
    }

    private static RowData.FieldGetter[] getters(LogicalType type) {
        List<LogicalType> children = LogicalTypeChecks.getFieldTypes(type);
        RowData.FieldGetter[] getters = new RowData.FieldGetter[children.size()];
        for (int i = 0; i < getters.length; i++) getters[i] = RowData.createFieldGetter(children.get(i), i);
        return getters;
    }

    // ---- text to row

    /** Reads `[+I|-U|+U|-D] [..]`. */
    GenericRowData parse(String line) throws Exception {
        String text = line.strip();
        RowKind kind = RowKind.INSERT;
        for (RowKind k : RowKind.values()) {
            if (text.startsWith(k.shortString())) {
                kind = k;
                text = text.substring(2);
            }
        }
        GenericRowData row = row(JSON.readTree(keepNegativeZero(text)), type);
        row.setRowKind(kind);
        return row;
    }

    /** Numbers are read as BigDecimal, which has no -0.0: outside strings it is quoted. */
    private static String keepNegativeZero(String text) {
        if (!text.contains("-0.0")) return text;
        StringBuilder kept = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"') quoted = !quoted;
            boolean ends = i + 4 < text.length() && ",] }".indexOf(text.charAt(i + 4)) >= 0;
            if (!quoted && ends && text.startsWith("-0.0", i)) {
                kept.append("\"-0.0\"");
                i += 3;
                continue;
            }
            kept.append(c);
            if (c == '\\' && quoted && i + 1 < text.length()) kept.append(text.charAt(++i));
        }
        return kept.toString();
    }

    private GenericRowData row(JsonNode json, LogicalType rowType) throws Exception {
        List<LogicalType> types = LogicalTypeChecks.getFieldTypes(rowType);
        if (!json.isArray() || json.size() != types.size()) {
            throw new IllegalArgumentException("a row of " + types.size() + " columns expected: " + json);
        }
        GenericRowData row = new GenericRowData(types.size());
        for (int i = 0; i < types.size(); i++) row.setField(i, value(json.get(i), types.get(i)));
        return row;
    }

    private Object value(JsonNode json, LogicalType t) throws Exception {
        if (json.isNull()) return null;
        String text = json.asText();
        return switch (t.getTypeRoot()) {
            case BOOLEAN -> Boolean.valueOf(text);
            case TINYINT -> Byte.valueOf(text);
            case SMALLINT -> Short.valueOf(text);
            case INTEGER -> Integer.valueOf(text);
            case BIGINT -> Long.valueOf(text);
            case FLOAT -> Float.valueOf(text);
            case DOUBLE -> Double.valueOf(text);
            case DECIMAL -> decimal(json, text, (DecimalType) t);
            case CHAR, VARCHAR -> StringData.fromString(text);
            case BINARY, VARBINARY -> HexFormat.of().parseHex(text.startsWith("0x") ? text.substring(2) : text);
            case DATE -> notNull(DateTimeUtils.parseDate(text), text);
            case TIME_WITHOUT_TIME_ZONE -> notNull(DateTimeUtils.parseTime(text), text);
            case TIMESTAMP_WITHOUT_TIME_ZONE -> timestamp(text, t, UTC);
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE -> timestamp(text, t, zone);
            case INTERVAL_YEAR_MONTH -> json.isNumber() ? (Object) json.intValue() : (Object) yearMonth(text);
            case INTERVAL_DAY_TIME -> json.isNumber() ? (Object) json.longValue() : (Object) dayTime(text);
            case ARRAY -> array(json, ((ArrayType) t).getElementType());
            case MAP -> map(json, ((MapType) t).getKeyType(), ((MapType) t).getValueType());
            case MULTISET -> map(json, ((MultisetType) t).getElementType(), new IntType(false));
            case ROW, STRUCTURED_TYPE -> row(json, t);
            case DISTINCT_TYPE -> value(json, ((DistinctType) t).getSourceType());
            default -> throw new IllegalArgumentException("no row encoding for type " + t);
        };
    }

    private static Object notNull(Object value, String text) {
        if (value == null) throw new IllegalArgumentException("cannot read '" + text + "'");
        return value;
    }

    private static DecimalData decimal(JsonNode json, String text, DecimalType t) {
        BigDecimal number = json.isNumber() ? json.decimalValue() : new BigDecimal(text);
        return (DecimalData) notNull(DecimalData.fromBigDecimal(number, t.getPrecision(), t.getScale()), text);
    }

    private static TimestampData timestamp(String text, LogicalType t, TimeZone zone) {
        String local = text.replace('T', ' ');
        if (local.endsWith("Z")) {
            local = local.substring(0, local.length() - 1);
            zone = UTC;
        }
        return DateTimeUtils.parseTimestampData(local, LogicalTypeChecks.getPrecision(t), zone);
    }

    private static int yearMonth(String text) {
        Matcher m = YEAR_MONTH.matcher(text);
        if (!m.matches()) throw new IllegalArgumentException("not a year-month interval: " + text);
        int months = Integer.parseInt(m.group(2)) * 12 + Integer.parseInt(m.group(3));
        return m.group(1).equals("-") ? -months : months;
    }

    private static long dayTime(String text) {
        Matcher m = DAY_TIME.matcher(text);
        if (!m.matches()) throw new IllegalArgumentException("not a day-time interval: " + text);
        long seconds = ((Long.parseLong(m.group(2)) * 24 + Long.parseLong(m.group(3))) * 60 + Long.parseLong(m.group(4))) * 60
                + Long.parseLong(m.group(5));
        long ms = seconds * 1000 + (m.group(6) == null ? 0 : Long.parseLong((m.group(6) + "00").substring(0, 3)));
        return m.group(1).equals("-") ? -ms : ms;
    }

    private GenericArrayData array(JsonNode json, LogicalType element) throws Exception {
        Object[] values = new Object[json.size()];
        for (int i = 0; i < values.length; i++) values[i] = value(json.get(i), element);
        return new GenericArrayData(values);
    }

    private GenericMapData map(JsonNode json, LogicalType keyType, LogicalType valueType) throws Exception {
        Map<Object, Object> map = new HashMap<>();
        if (json.isArray()) {
            for (JsonNode pair : json) map.put(value(pair.get(0), keyType), value(pair.get(1), valueType));
        } else {
            for (Map.Entry<String, JsonNode> field : json.properties()) {
                map.put(StringData.fromString(field.getKey()), value(field.getValue(), valueType));
            }
        }
        return new GenericMapData(map);
    }

    // ---- row to text

    /** The row without its kind. */
    String print(RowData row) {
        return printRow(row, type, getters);
    }

    /** Some columns only, for keys. */
    String print(RowData row, int[] columns) {
        StringBuilder out = new StringBuilder();
        for (int c : columns) out.append(printValue(getters[c].getFieldOrNull(row), type.getTypeAt(c))).append(',');
        return out.toString();
    }

    private String printRow(RowData row, LogicalType rowType, RowData.FieldGetter[] fields) {
        List<LogicalType> types = LogicalTypeChecks.getFieldTypes(rowType);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < fields.length; i++) texts.add(printValue(fields[i].getFieldOrNull(row), types.get(i)));
        return "[" + String.join(", ", texts) + "]";
    }

    private String printValue(Object v, LogicalType t) {
        if (v == null) return "null";
        return switch (t.getTypeRoot()) {
            case BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT -> v.toString();
            case FLOAT -> printFloating(v.toString(), s -> Float.parseFloat(s) == (Float) v);
            case DOUBLE -> printFloating(v.toString(), s -> Double.parseDouble(s) == (Double) v);
            case DECIMAL -> ((DecimalData) v).toBigDecimal().toPlainString();
            case BINARY, VARBINARY -> "\"0x" + HexFormat.of().formatHex((byte[]) v) + "\"";
            case DATE -> quote(DateTimeUtils.formatDate((Integer) v));
            case TIME_WITHOUT_TIME_ZONE -> quote(DateTimeUtils.formatTimestampMillis((Integer) v, LogicalTypeChecks.getPrecision(t)));
            case TIMESTAMP_WITHOUT_TIME_ZONE ->
                    quote(DateTimeUtils.formatTimestamp((TimestampData) v, UTC, LogicalTypeChecks.getPrecision(t)));
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE ->
                    quote(DateTimeUtils.formatTimestamp((TimestampData) v, zone, LogicalTypeChecks.getPrecision(t)));
            case INTERVAL_YEAR_MONTH -> quote(DateTimeUtils.formatIntervalYearMonth((Integer) v));
            case INTERVAL_DAY_TIME -> quote(DateTimeUtils.formatIntervalDayTime((Long) v));
            case ARRAY -> printArray((ArrayData) v, ((ArrayType) t).getElementType());
            case MAP -> printMap((MapData) v, ((MapType) t).getKeyType(), ((MapType) t).getValueType());
            case MULTISET -> printMap((MapData) v, ((MultisetType) t).getElementType(), new IntType(false));
            case ROW, STRUCTURED_TYPE -> printRow((RowData) v, t, getters(t));
            case DISTINCT_TYPE -> printValue(v, ((DistinctType) t).getSourceType());
            default -> quote(v.toString());
        };
    }

    private String printArray(ArrayData array, LogicalType element) {
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(element);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) texts.add(printValue(getter.getElementOrNull(array, i), element));
        return "[" + String.join(", ", texts) + "]";
    }

    /** Entries are sorted by their text: the order of a map means nothing. */
    private String printMap(MapData map, LogicalType keyType, LogicalType valueType) {
        ArrayData.ElementGetter keyGetter = ArrayData.createElementGetter(keyType);
        ArrayData.ElementGetter valueGetter = ArrayData.createElementGetter(valueType);
        List<String> keys = new ArrayList<>();
        List<String> values = new ArrayList<>();
        for (int i = 0; i < map.size(); i++) {
            keys.add(printValue(keyGetter.getElementOrNull(map.keyArray(), i), keyType));
            values.add(printValue(valueGetter.getElementOrNull(map.valueArray(), i), valueType));
        }
        boolean object = keyType.is(LogicalTypeFamily.CHARACTER_STRING) && !keys.contains("null");
        List<String> entries = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            entries.add(object ? keys.get(i) + ": " + values.get(i) : "[" + keys.get(i) + ", " + values.get(i) + "]");
        }
        Collections.sort(entries);
        return (object ? "{" : "[") + String.join(", ", entries) + (object ? "}" : "]");
    }

    /**
     * Java 17 sometimes prints more digits than needed (JDK-4511638). A text of 16 digits and more is therefore
     * replaced by the shortest one of the same value, in Java's layout.
     */
    private static String printFloating(String text, java.util.function.Predicate<String> same) {
        if (text.endsWith("N") || text.endsWith("y")) return quote(text);
        int exponentAt = text.indexOf('E');
        String digits = exponentAt < 0 ? text : text.substring(0, exponentAt);
        BigDecimal exact = new BigDecimal(digits);
        for (int n = 1; n < exact.precision(); n++) {
            BigDecimal rounded = exact.round(new MathContext(n));
            String shorter = (rounded.scale() < 1 ? rounded.setScale(1) : rounded).toPlainString()
                    + (exponentAt < 0 ? "" : text.substring(exponentAt));
            if (same.test(shorter)) return shorter;
        }
        return text;
    }

    static String quote(String s) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> out.append(c < 0x20 || c == 0x85 || c == 0x2028 || c == 0x2029 || Character.isSurrogate(c) && lone(s, i)
                        ? String.format("\\u%04x", (int) c) : String.valueOf(c));
            }
        }
        return out.append('"').toString();
    }

    private static boolean lone(String s, int i) {
        boolean pairsWithNext = Character.isHighSurrogate(s.charAt(i)) && i + 1 < s.length() && Character.isLowSurrogate(s.charAt(i + 1));
        boolean pairsWithPrevious = Character.isLowSurrogate(s.charAt(i)) && i > 0 && Character.isHighSurrogate(s.charAt(i - 1));
        return !pairsWithNext && !pairsWithPrevious;
    }
}
