import ij.IJ;
import ij.ImagePlus;
import ij.measure.Calibration;

/** Opens images in ImageJ and prints what it finds: one line per image, then one line per plane with its values. */
public class ReadBack {
    public static void main(String[] paths) {
        for (String path : paths) {
            ImagePlus image = IJ.openImage(path);
            Calibration scale = image.getCalibration();
            System.out.println(String.join(" ", "image", "" + image.getWidth(), "" + image.getHeight(),
                "" + image.getNChannels(), "" + image.getNSlices(), "" + image.getNFrames(), "" + image.getBitDepth(),
                "" + scale.pixelWidth, "" + scale.pixelHeight, "" + scale.pixelDepth, scale.getUnit().replace("µ", "u"),
                "" + scale.frameInterval));
            for (int plane = 1; plane <= image.getStackSize(); plane++) {
                StringBuilder line = new StringBuilder("plane");
                for (int row = 0; row < image.getHeight(); row++)
                    for (int column = 0; column < image.getWidth(); column++)
                        line.append(" ").append(image.getStack().getProcessor(plane).getf(column, row));
                System.out.println(line);
            }
        }
    }
}
