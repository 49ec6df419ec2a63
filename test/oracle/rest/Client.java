import org.apache.flink.api.common.JobID;
import org.apache.flink.client.deployment.StandaloneClusterId;
import org.apache.flink.client.program.rest.RestClusterClient;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.client.JobStatusMessage;

/** What `flink list` and `flink stop` do, on a running `weir run`: HOST PORT. The last job is drained. */
public class Client {
    public static void main(String[] args) throws Exception {
        Configuration c = new Configuration();
        c.set(RestOptions.ADDRESS, args[0]);
        c.set(RestOptions.PORT, Integer.parseInt(args[1]));
        c.set(JobManagerOptions.ADDRESS, args[0]);
        try (RestClusterClient<StandaloneClusterId> client = new RestClusterClient<>(c, StandaloneClusterId.getInstance())) {
            JobID last = null;
            for (JobStatusMessage m : client.listJobs().get()) {
                System.out.println("job " + m.getJobId() + " " + m.getJobName() + " " + m.getJobState());
                last = m.getJobId();
            }
            System.out.println("status " + client.getJobStatus(last).get());
            System.out.println("details " + client.getJobDetails(last).get().getJobVertexInfos().size() + " vertices");
            System.out.println("accumulators " + client.getAccumulators(last).get());
            System.out.println("stopped " + client.stopWithSavepoint(last, true, null, SavepointFormatType.CANONICAL).get());
        }
        System.exit(0);
    }
}
