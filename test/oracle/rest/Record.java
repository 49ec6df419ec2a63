import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/** A job whose REST interface is asked by shapes.py: port, folder of checkpoints. */
public class Record {
    public static void main(String[] args) throws Exception {
        Configuration c = new Configuration();
        c.setString("rest.bind-port", args[0]);
        c.setString("rest.port", args[0]);
        c.setString("execution.checkpointing.interval", "500 ms");
        c.setString("execution.checkpointing.dir", "file://" + args[1]);
        c.setString("pipeline.name", "counts");
        c.setString("parallelism.default", "2");
        TableEnvironment t = TableEnvironment.create(
            EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(c).build());
        t.executeSql("CREATE TABLE g (page INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen',"
            + " 'rows-per-second' = '1000', 'fields.page.min' = '1', 'fields.page.max' = '9')");
        t.executeSql("CREATE TABLE o (w TIMESTAMP(3), page INT, n BIGINT) WITH ('connector' = 'blackhole')");
        t.executeSql("INSERT INTO o SELECT window_start, page, COUNT(*) FROM TABLE(TUMBLE(TABLE g, DESCRIPTOR(ts),"
            + " INTERVAL '1' SECOND)) WHERE page > 2 GROUP BY window_start, window_end, page");
        System.out.println("started");
        System.in.read(); // until shapes.py is done
        System.exit(0);
    }
}
